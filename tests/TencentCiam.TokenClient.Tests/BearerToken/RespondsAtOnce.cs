namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>Responds to all requests with one task, so that it allocates nothing.</summary>
internal sealed class RespondsAtOnce : HttpMessageHandler
{
    private readonly HttpResponseMessage _response = new();
    private readonly Task<HttpResponseMessage> _sent;

    public RespondsAtOnce() => _sent = Task.FromResult(_response);

    public System.Net.Http.Headers.AuthenticationHeaderValue? LastAuthorization { get; private set; }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        LastAuthorization = request.Headers.Authorization;
        return _sent;
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        LastAuthorization = request.Headers.Authorization;
        return _response;
    }
}
