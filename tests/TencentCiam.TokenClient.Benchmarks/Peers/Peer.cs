using TencentCiam.TokenClient.Benchmarks.InMemory;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>One way of calling a resource with a token.</summary>
internal abstract class Peer : IDisposable
{
    /// <summary>Calls the resource once, with a cached token where the peer has a cache.</summary>
    public abstract Task CallAsync();

    /// <summary>The same call, synchronously.</summary>
    public virtual void Call() => throw new NotSupportedException();

    /// <summary>A call through the peer's own pipeline with a constant header: the least that the peer must do.</summary>
    public abstract Task CallBaselineAsync();

    /// <summary>Acquires a token from the endpoint, even if one is cached.</summary>
    public abstract Task AcquireAsync();

    /// <summary>The HttpClient that sends its token requests; null if that is a bare one, or cannot be reached.</summary>
    public virtual HttpClient? TokenHttpClient => null;

    public abstract void Dispose();

    protected static HttpRequestMessage NewCall() => new(HttpMethod.Get, InMemoryEnvironment.ResourceAddress);
}
