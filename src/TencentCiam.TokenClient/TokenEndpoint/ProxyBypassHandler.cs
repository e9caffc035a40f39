namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>
/// Keeps the secret from a proxy that could read it: sends requests to a portal on this machine over plain http directly. All
/// other requests go through the primary handler, with its own proxy settings.
/// </summary>
/// <param name="primary">The primary handler.</param>
/// <param name="innermost">The handler within it that opens the connections.</param>
internal sealed class ProxyBypassHandler(HttpMessageHandler primary, HttpMessageHandler? innermost) : DelegatingHandler(primary)
{
    private readonly HttpMessageInvoker _direct = new(CreateDirect(innermost as SocketsHttpHandler));

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        => IsReadByProxy(request.RequestUri)
            ? _direct.SendAsync(request, cancellationToken)
            : base.SendAsync(request, cancellationToken);

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        => IsReadByProxy(request.RequestUri)
            ? _direct.Send(request, cancellationToken)
            : base.Send(request, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _direct.Dispose();
        }

        base.Dispose(disposing);
    }

    private static SocketsHttpHandler CreateDirect(SocketsHttpHandler? configured)
    {
        var handler = PrimaryHandler.CreateOwn();
        handler.UseProxy = false;

        // The connection may be a Unix domain socket.
        handler.ConnectCallback = configured?.ConnectCallback;
        return handler;
    }

    private bool IsReadByProxy(Uri? uri)
        => uri is { IsLoopback: true } && uri.Scheme == Uri.UriSchemeHttp && ProxyUse.Carries(uri, innermost);
}
