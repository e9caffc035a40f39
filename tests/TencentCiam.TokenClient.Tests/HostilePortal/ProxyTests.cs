using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;

namespace TencentCiam.TokenClient.Tests.HostilePortal;

/// <summary>No proxy reads the secret of a portal that is reached over plain http on this machine.</summary>
public sealed class ProxyTests
{
    private const string Token = """{"access_token":"t","token_type":"Bearer"}""";

    public static TheoryData<Action<IHttpClientBuilder, IWebProxy>> ProxySettings { get; } = new()
    {
        (http, proxy) => http.UseSocketsHttpHandler((handler, _) => handler.Proxy = proxy),
        (http, proxy) => http.ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { Proxy = proxy }),
        (http, proxy) => http.ConfigurePrimaryHttpMessageHandler(() => new HttpClientHandler { Proxy = proxy }),
        (http, proxy) => http.Services.ConfigureHttpClientDefaults(all => all.UseSocketsHttpHandler(
            (handler, _) => handler.Proxy = proxy)),
        (http, proxy) => http.Services.ConfigureHttpClientDefaults(all => all.ConfigurePrimaryHttpMessageHandler(
            () => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, Proxy = proxy })),
    };

    [Theory]
    [MemberData(nameof(ProxySettings))]
    public async Task A_plain_http_portal_on_this_machine_is_reached_without_the_proxy(Action<IHttpClientBuilder, IWebProxy> configure)
    {
        await using var portal = HostileServer.Responding(HostileServer.Response(200, Token));
        await using var proxy = new HostileServer();
        await using var client = new PortalClient(portal, http => configure(http, new WebProxy(proxy.Authority)));

        Assert.IsType<CiamTokenResult.Success>(await client.ResultAsync());

        Assert.Contains(PortalClient.FormSecret, Assert.Single(portal.Connections).Received, StringComparison.Ordinal);
        await proxy.AssertUntouchedAsync();
    }

    [Fact]
    public async Task A_synchronous_request_is_sent_without_the_proxy_too()
    {
        await using var portal = HostileServer.Responding(HostileServer.Response(200, Token));
        await using var proxy = new HostileServer();
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(_ => { }).UseSocketsHttpHandler(
            (handler, _) => handler.Proxy = new WebProxy(proxy.Authority));
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("TencentCiam.TokenClient");
        using var request = new HttpRequestMessage(HttpMethod.Post, portal.Authority);

        using var response = client.Send(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await proxy.AssertUntouchedAsync();
    }

    [Theory]
    [MemberData(nameof(ProxySettings))]
    public async Task Any_other_portal_is_reached_through_the_proxy(Action<IHttpClientBuilder, IWebProxy> configure)
    {
        await using var proxy = HostileServer.Responding(HostileServer.Response(502));
        await using var client = new PortalClient(
            proxy,
            http => configure(http, new WebProxy(proxy.Authority)),
            options => options.Authority = new Uri("https://portal.invalid"));

        Assert.IsType<CiamTokenResult.Failure>(await client.ResultAsync());

        Assert.StartsWith(
            "CONNECT portal.invalid:443 ", Assert.Single(proxy.Connections).Received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_portal_that_moves_to_this_machine_at_run_time_is_reached_without_the_proxy()
    {
        await using var portal = HostileServer.Responding(HostileServer.Response(200, Token));
        await using var proxy = HostileServer.Responding(HostileServer.Response(502));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Authority"] = "https://portal.invalid",
            ["ClientId"] = PortalClient.ClientId,
            ["ClientSecret"] = PortalClient.Secret,
        }).Build();
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(configuration).UseSocketsHttpHandler(
            (handler, _) => handler.Proxy = new WebProxy(proxy.Authority));
        await using var provider = services.BuildServiceProvider();
        await RequestAsync(provider);
        Assert.Single(proxy.Connections);

        configuration["Authority"] = portal.Authority.OriginalString;
        configuration.Reload();

        Assert.IsType<CiamTokenResult.Success>(await RequestAsync(provider));
        Assert.Single(proxy.Connections);
    }

    [Fact]
    public async Task A_proxy_that_throws_does_not_fail_the_request()
    {
        await using var portal = HostileServer.Responding(HostileServer.Response(200, Token));
        await using var client = new PortalClient(
            portal, http => http.UseSocketsHttpHandler((handler, _) => handler.Proxy = new Throws()));

        Assert.IsType<CiamTokenResult.Success>(await client.ResultAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_of_the_users_own_is_used_with_and_without_a_proxy(bool hasProxy)
    {
        await using var portal = HostileServer.Responding(HostileServer.Response(200, Token));
        await using var proxy = new HostileServer();
        var connected = new List<int>();
        await using var client = new PortalClient(portal, http => http.UseSocketsHttpHandler((handler, _) =>
        {
            handler.Proxy = hasProxy ? new WebProxy(proxy.Authority) : new WebProxy(proxy.Authority, BypassOnLocal: true);
            handler.ConnectCallback = async (context, cancellationToken) =>
            {
                connected.Add(context.DnsEndPoint.Port);
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            };
        }));

        Assert.IsType<CiamTokenResult.Success>(await client.ResultAsync());

        Assert.Equal([portal.Port], connected);
        await proxy.AssertUntouchedAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wrapped_primary_handler_is_left_out_only_where_a_proxy_would_read_the_secret(bool hasProxy)
    {
        await using var portal = HostileServer.Responding(HostileServer.Response(200, Token));
        await using var proxy = new HostileServer();
        var passed = 0;
        await using var client = new PortalClient(portal, http => http.ConfigurePrimaryHttpMessageHandler(() => new Observer(
            new SocketsHttpHandler { UseProxy = hasProxy, Proxy = new WebProxy(proxy.Authority) }, () => passed++)));

        Assert.IsType<CiamTokenResult.Success>(await client.ResultAsync());

        Assert.Equal(hasProxy ? 0 : 1, passed);
        await proxy.AssertUntouchedAsync();
    }

    private static Task<CiamTokenResult> RequestAsync(IServiceProvider services)
        => services.GetRequiredService<CiamTokenClient>().RequestTokenAsync(cancellationToken: TestContext.Current.CancellationToken)
            .WaitAsync(HostileServer.MaxWait, TestContext.Current.CancellationToken);

    private sealed class Observer(HttpMessageHandler inner, Action observe) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            observe();
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Throws : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri GetProxy(Uri destination) => throw new IOException("The proxy's script is broken.");

        public bool IsBypassed(Uri host) => throw new IOException("The proxy's script is broken.");
    }
}

/// <summary>The proxy of the process, as http_proxy sets it. No other test runs meanwhile.</summary>
[Collection(nameof(DefaultProxyTests))]
[CollectionDefinition(nameof(DefaultProxyTests), DisableParallelization = true)]
public sealed class DefaultProxyTests : IDisposable
{
    private readonly IWebProxy _before = HttpClient.DefaultProxy;

    public void Dispose() => HttpClient.DefaultProxy = _before;

    [Fact]
    public async Task A_plain_http_portal_on_this_machine_is_reached_without_the_proxy_of_the_process()
    {
        await using var portal = HostileServer.Responding(
            HostileServer.Response(200, """{"access_token":"t","token_type":"Bearer"}"""));
        await using var proxy = new HostileServer();
        await using var client = new PortalClient(portal);
        HttpClient.DefaultProxy = new WebProxy(proxy.Authority);

        Assert.IsType<CiamTokenResult.Success>(await client.ResultAsync());

        await proxy.AssertUntouchedAsync();
    }

    [Fact]
    public async Task Any_other_portal_is_reached_through_the_proxy_of_the_process()
    {
        await using var proxy = HostileServer.Responding(HostileServer.Response(502));
        await using var client = new PortalClient(
            proxy, configure: options => options.Authority = new Uri("https://portal.invalid"));
        HttpClient.DefaultProxy = new WebProxy(proxy.Authority);

        Assert.IsType<CiamTokenResult.Failure>(await client.ResultAsync());

        Assert.StartsWith(
            "CONNECT portal.invalid:443 ", Assert.Single(proxy.Connections).Received, StringComparison.Ordinal);
    }
}
