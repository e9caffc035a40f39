using TencentCiam.TokenClient.Benchmarks.InMemory;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>One way of calling a resource with a token.</summary>
internal abstract class Peer : IDisposable
{
    /// <summary>One call of the resource with a token, from the cache where the peer has one.</summary>
    public abstract Task CallAsync();

    /// <summary>The same call by the peer's own route, with a header that is ready-made: what the peer cannot do without.</summary>
    public abstract Task CallBaselineAsync();

    /// <summary>One token from the endpoint, whatever is cached.</summary>
    public abstract Task AcquireAsync();

    /// <summary>
    /// The HttpClient that its token requests go through, where that is more than a bare one: what the peer cannot do without.
    /// </summary>
    public virtual HttpClient? TokenHttpClient => null;

    public abstract void Dispose();

    protected static HttpRequestMessage NewCall() => new(HttpMethod.Get, InMemoryEnvironment.ResourceAddress);
}
