namespace TencentCiam.TokenClient.BearerToken;

/// <summary>
/// The innermost handler of an HttpClient in which other handlers stand between the token handlers and the connection. It
/// judges the address that is used in the end: service discovery, for one, changes it on the way.
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
