/// <summary>Sends each request to another origin. As the last handler, it leaves the address unchanged for all others.</summary>
internal sealed class OriginOverrideHandler(Uri origin) : DelegatingHandler(new SocketsHttpHandler())
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.RequestUri = new Uri(origin, request.RequestUri!.PathAndQuery);
        return base.SendAsync(request, cancellationToken);
    }
}
