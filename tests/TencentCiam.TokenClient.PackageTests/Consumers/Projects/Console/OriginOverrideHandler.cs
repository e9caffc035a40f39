/// <summary>Sends each request to another origin, at the very end: all other handlers see the address that was asked for.</summary>
internal sealed class OriginOverrideHandler(Uri origin) : DelegatingHandler(new SocketsHttpHandler())
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.RequestUri = new Uri(origin, request.RequestUri!.PathAndQuery);
        return base.SendAsync(request, cancellationToken);
    }
}
