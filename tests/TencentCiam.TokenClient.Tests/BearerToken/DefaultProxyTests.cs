using System.Net;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>The proxy of the whole process, which the environment variable http_proxy sets.</summary>
[Collection(nameof(DefaultProxyTests))]
public sealed class DefaultProxyTests : IDisposable
{
    private readonly IWebProxy _original = HttpClient.DefaultProxy;

    public static TheoryData<Func<HttpMessageHandler>> PrimaryHandlers { get; } = new()
    {
        () => new SocketsHttpHandler(),
        () => new HttpClientHandler(),
    };

    [Theory]
    [MemberData(nameof(PrimaryHandlers))]
    public async Task The_token_does_not_go_through_it_over_plain_http(Func<HttpMessageHandler> primary)
    {
        HttpClient.DefaultProxy = new WebProxy("http://proxy.example.com:3128");
        using var api = new FakeApi(
            baseAddress: "http://localhost:5000",
            services: services => services.AddHttpClient("orders").ConfigurePrimaryHttpMessageHandler(primary));

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => api.GetAsync());

        Assert.Contains("proxy", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(0, api.Host.TokenRequests);
    }

    public void Dispose() => HttpClient.DefaultProxy = _original;

    /// <summary>No other test may run meanwhile.</summary>
    [CollectionDefinition(nameof(DefaultProxyTests), DisableParallelization = true)]
    public sealed class Alone;
}
