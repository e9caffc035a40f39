namespace TencentCiam.TokenClient.BearerToken;

/// <summary>
/// The innermost handler of an HttpClient that has other handlers between its token handlers and the connection. It checks the
/// final address of a request, which service discovery, for example, may have changed.
/// </summary>
internal sealed class PlainHttpGuardHandler(IReadOnlyList<CiamBearerTokenHandler> tokenHandlers) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ThrowIfExposed(request);
        return base.SendAsync(request, cancellationToken);
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ThrowIfExposed(request);
        return base.Send(request, cancellationToken);
    }

    private void ThrowIfExposed(HttpRequestMessage request)
    {
        foreach (var handler in tokenHandlers)
        {
            handler.ThrowIfExposed(request, InnerHandler);
        }
    }
}
