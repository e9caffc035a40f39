namespace TencentCiam.TokenClient.Benchmarks.InMemory;

/// <summary>What a peer runs in: the clock, the token endpoint and the resource.</summary>
internal sealed class InMemoryEnvironment
{
    public static readonly Uri ResourceAddress = new("https://orders.example.com/orders/1");
    public static readonly Uri Authority = new("https://sample.portal.tencentciam.com");
    public static readonly Uri TokenAddress = new("https://sample.portal.tencentciam.com/oauth2/token");

    /// <param name="lifetime">The lifetime of the tokens.</param>
    /// <param name="checksTokens">Whether the resource counts calls with an expired token, which takes time.</param>
    /// <param name="clock">The system clock by default.</param>
    public InMemoryEnvironment(TimeSpan lifetime, bool checksTokens = false, TimeProvider? clock = null)
    {
        Clock = clock ?? TimeProvider.System;
        Endpoint = new InMemoryTokenEndpoint(Clock) { Lifetime = lifetime };
        TokenHandler = Endpoint;
        Resource = new InMemoryResource(checksTokens ? Endpoint : null);
    }

    public TimeProvider Clock { get; }

    public InMemoryTokenEndpoint Endpoint { get; }

    /// <summary>What sends the token requests: the endpoint itself, unless a scenario uses real sockets.</summary>
    public HttpMessageHandler TokenHandler { get; init; }

    public InMemoryResource Resource { get; }
}
