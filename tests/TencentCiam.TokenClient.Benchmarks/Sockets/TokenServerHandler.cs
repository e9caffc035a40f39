namespace TencentCiam.TokenClient.Benchmarks.Sockets;

/// <summary>Sends the token requests to the server, wherever the peer addresses them to, and counts them.</summary>
internal sealed class TokenServerHandler(Uri server)
    : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
{
    private int _requests;

    public int Requests => Volatile.Read(ref _requests);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        => base.SendAsync(Redirect(request), cancellationToken);

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        => base.Send(Redirect(request), cancellationToken);

    private HttpRequestMessage Redirect(HttpRequestMessage request)
    {
        Interlocked.Increment(ref _requests);
        request.RequestUri = new Uri(server, request.RequestUri!.AbsolutePath);
        return request;
    }
}
