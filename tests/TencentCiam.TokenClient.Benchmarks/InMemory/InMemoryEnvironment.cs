namespace TencentCiam.TokenClient.Benchmarks.InMemory;

/// <summary>What a peer is put into: the clock, the token endpoint and the resource.</summary>
internal sealed class InMemoryEnvironment
{
    public static readonly Uri ResourceAddress = new("https://orders.example.com/orders/1");
    public static readonly Uri Authority = new("https://sample.portal.tencentciam.com");
    public static readonly Uri TokenAddress = new("https://sample.portal.tencentciam.com/oauth2/token");

    /// <param name="lifetime">That of the tokens.</param>
    /// <param name="validatesTokens">Whether the resource counts dead tokens, which takes time.</param>
    /// <param name="clock">The machine's own unless given.</param>
    public InMemoryEnvironment(TimeSpan lifetime, bool validatesTokens = false, TimeProvider? clock = null)
    {
        Clock = clock ?? TimeProvider.System;
        Endpoint = new InMemoryTokenEndpoint(Clock) { Lifetime = lifetime };
        Resource = new InMemoryResource(validatesTokens ? Endpoint : null);
    }

    public TimeProvider Clock { get; }

    public InMemoryTokenEndpoint Endpoint { get; }

    public InMemoryResource Resource { get; }
}
