namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>
/// Keeps the secret from a proxy that would read it: a portal that is reached over plain http on this machine gets the request
/// directly. Everything else goes through the primary handler, which is not changed for that: it decides about proxies as ever.
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

        // What is called localhost may be a Unix domain socket.
        handler.ConnectCallback = configured?.ConnectCallback;
        return handler;
    }

    private bool IsReadByProxy(Uri? uri)
    {
        if (uri is not { IsLoopback: true } || uri.Scheme != Uri.UriSchemeHttp)
        {
            return false;
        }

        var proxy = innermost switch
        {
            SocketsHttpHandler { UseProxy: true } sockets => sockets.Proxy ?? HttpClient.DefaultProxy,
            HttpClientHandler { UseProxy: true } client => client.Proxy ?? HttpClient.DefaultProxy,
            _ => null,
        };
        try
        {
            return proxy?.IsBypassed(uri) == false;
        }
#pragma warning disable CA1031 // A proxy may throw anything. Its handler would ignore that.
        catch (Exception)
#pragma warning restore CA1031
        {
            return true;
        }
    }
}
