using System.Net;

namespace TencentCiam.TokenClient.Benchmarks.InMemory;

/// <summary>The API that all peers call. It immediately returns the same response object, so it costs almost nothing.</summary>
/// <param name="endpoint">The endpoint that checks the tokens; null to accept any token.</param>
internal sealed class InMemoryResource(InMemoryTokenEndpoint? endpoint = null) : HttpMessageHandler
{
    private static readonly Task<HttpResponseMessage> Ok = Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));

    private int _expiredTokens;

    /// <summary>The number of calls with an expired token.</summary>
    public int ExpiredTokens => _expiredTokens;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Check(request);
        return Ok;
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Check(request);
        return Ok.Result;
    }

    private void Check(HttpRequestMessage request)
    {
        if (endpoint is not null && !endpoint.IsValid(request.Headers.Authorization!.Parameter!))
        {
            Interlocked.Increment(ref _expiredTokens);
        }
    }
}
