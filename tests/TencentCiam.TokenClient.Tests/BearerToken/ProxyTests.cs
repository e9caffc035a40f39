using System.Net;
using System.Net.Sockets;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>A proxy makes plain http to a loopback host leave this machine.</summary>
public sealed class ProxyTests
{
    private static readonly WebProxy Proxy = new("http://proxy.example.com:3128");

    public static TheoryData<Func<IWebProxy, HttpMessageHandler>> PrimaryHandlers { get; } = new()
    {
        proxy => new SocketsHttpHandler { Proxy = proxy },
        proxy => new HttpClientHandler { Proxy = proxy },
    };

    [Theory]
    [MemberData(nameof(PrimaryHandlers))]
    public async Task The_token_does_not_go_through_it_over_plain_http(Func<IWebProxy, HttpMessageHandler> primary)
    {
        using var api = Api("http://localhost:5000", () => primary(Proxy));

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => api.GetAsync());

        Assert.Contains("http://localhost:5000 was not sent", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("proxy", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("AllowInsecureHttp", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(0, api.Host.TokenRequests);
    }

    [Fact]
    public async Task Nor_behind_a_handler_that_could_change_the_address()
    {
        using var api = Api("http://localhost:5000", () => new SocketsHttpHandler { Proxy = Proxy }, new Passing());

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => api.GetAsync());

        Assert.Contains("proxy", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AllowInsecureHttp_permits_it()
    {
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        using var api = Api(
            "http://localhost:5000",
            () => new SocketsHttpHandler { Proxy = new WebProxy($"http://{proxy.LocalEndpoint}") },
            configure: options => options.AllowInsecureHttp = true);

        var call = api.GetAsync();
        using var connection = await proxy.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var request = await new StreamReader(connection.GetStream()).ReadLineAsync(TestContext.Current.CancellationToken);
        proxy.Stop();
        connection.Close();

        Assert.Equal("GET http://localhost:5000/orders/1 HTTP/1.1", request);
        await Assert.ThrowsAsync<HttpRequestException>(() => call);
    }

    [Fact]
    public async Task Over_https_only_the_host_is_named_to_the_proxy()
    {
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        using var api = Api(
            "https://localhost:5000", () => new SocketsHttpHandler { Proxy = new WebProxy($"http://{proxy.LocalEndpoint}") });

        var call = api.GetAsync();
        using var connection = await proxy.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var reader = new StreamReader(connection.GetStream());
        Assert.Equal("CONNECT localhost:5000 HTTP/1.1", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { Length: > 0 } header)
        {
            Assert.DoesNotContain("Bearer", header, StringComparison.OrdinalIgnoreCase);
        }

        proxy.Stop();
        connection.Close();
        await Assert.ThrowsAsync<HttpRequestException>(() => call);
    }

    public static TheoryData<Func<HttpMessageHandler>> HandlersWithoutProxy { get; } = new()
    {
        () => new SocketsHttpHandler { Proxy = Proxy, UseProxy = false },
        () => new HttpClientHandler { Proxy = Proxy, UseProxy = false },
        () => new SocketsHttpHandler { Proxy = new WebProxy(Proxy.Address) { BypassProxyOnLocal = true } },
        () => new SocketsHttpHandler { Proxy = new NoProxyFor(null) },
        () => new SocketsHttpHandler { Proxy = new NoProxyFor(new Uri("http://127.0.0.1:1/orders/1")) },
    };

    [Theory]
    [MemberData(nameof(HandlersWithoutProxy))]
    public async Task A_proxy_that_is_not_used_for_the_address_is_none(Func<HttpMessageHandler> primary)
    {
        // Nothing listens there, so the connection is refused.
        using var api = Api("http://127.0.0.1:1", primary);

        await Assert.ThrowsAsync<HttpRequestException>(() => api.GetAsync());

        Assert.Equal(1, api.Host.TokenRequests);
    }

    private static FakeApi Api(
        string baseAddress,
        Func<HttpMessageHandler> primary,
        DelegatingHandler? inside = null,
        Action<CiamBearerTokenHandlerOptions>? configure = null)
        => new(configure, baseAddress, services: services =>
        {
            var builder = services.AddHttpClient("orders").ConfigurePrimaryHttpMessageHandler(primary);
            _ = inside is null ? builder : builder.AddHttpMessageHandler(() => inside);
        });

    private sealed class Passing : DelegatingHandler;

    private sealed class NoProxyFor(Uri? proxy) : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => proxy;

        public bool IsBypassed(Uri host) => false;
    }
}
