using System.Net;

namespace TencentCiam.TokenClient.Benchmarks.InMemory;

/// <summary>The API that all peers call. It answers at once, always with the same object: it costs next to nothing.</summary>
/// <param name="endpoint">For a resource that looks at the tokens; null for one that takes any.</param>
internal sealed class InMemoryResource(InMemoryTokenEndpoint? endpoint = null) : HttpMessageHandler
{
    private static readonly Task<HttpResponseMessage> Ok = Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));

    private int _expiredTokens;

    /// <summary>How many calls came with a token that had expired.</summary>
    public int ExpiredTokens => _expiredTokens;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (endpoint is not null && !endpoint.IsValid(request.Headers.Authorization!.Parameter!))
        {
            Interlocked.Increment(ref _expiredTokens);
        }

        return Ok;
    }
}
