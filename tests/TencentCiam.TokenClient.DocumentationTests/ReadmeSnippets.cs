using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests;

/// <summary>The C# snippets of the README, between markers, compiled and run. <see cref="SnippetTests"/> compares the texts.</summary>
public sealed class ReadmeSnippets
{
    [Fact]
    public async Task A_typed_client_calls_an_API_with_a_token()
    {
        using var portal = new CiamPortalEmulator();
        var builder = HostBuilder("Ciam", portal, portal.Application);

        // <snippet>
        builder.Services.AddCiamClientCredentials();
        builder.Services.AddHttpClient<OrdersClient>(client => client.BaseAddress = new Uri("https://orders.example.com"))
            .AddCiamClientCredentialsHandler();
        // </snippet>

        builder.Services.AddCiamClientCredentials().ConfigurePrimaryHttpMessageHandler(portal.CreateHandler);
        builder.Services.AddHttpClient<OrdersClient>().ConfigurePrimaryHttpMessageHandler(() => Api(portal));
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);

        var status = await host.Services.GetRequiredService<OrdersClient>().StatusAsync();

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("orders.read", Assert.Single(portal.Requests).Scope);
    }

    [Fact]
    public async Task A_named_client_reads_the_section_of_its_name()
    {
        using var portal = new CiamPortalEmulator();
        var partners = portal.AddApplication();
        partners.Scopes = ["invoices.read"];
        var builder = HostBuilder("Ciam:partners", portal, partners);

        // <snippet>
        builder.Services.AddCiamClientCredentials("partners");
        builder.Services.AddHttpClient("invoices", client => client.BaseAddress = new Uri("https://invoices.example.com"))
            .AddCiamClientCredentialsHandler("partners", options => options.Scope = "invoices.read");
        // </snippet>

        builder.Services.AddCiamClientCredentials("partners").ConfigurePrimaryHttpMessageHandler(portal.CreateHandler);
        builder.Services.AddHttpClient("invoices").ConfigurePrimaryHttpMessageHandler(() => Api(portal));
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);

        var response = await host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("invoices")
            .GetAsync(new Uri("invoices/1", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal((partners.ClientId, "invoices.read"), (portal.Requests[0].ClientId, portal.Requests[0].Scope));
    }

    [Fact]
    public async Task A_request_chooses_a_client_of_the_store()
    {
        using var portal = new CiamPortalEmulator();
        portal.Application.Scopes = ["orders.read"];
        var builder = Host.CreateEmptyApplicationBuilder(null);

        // <snippet>
        builder.Services.AddCiamClientStore<TenantStore>();
        builder.Services.AddHttpClient("orders", client => client.BaseAddress = new Uri("https://orders.example.com"))
            .AddCiamClientCredentialsHandler();
        // </snippet>

        builder.Services.AddSingleton(portal);
        builder.Services.AddCiamClientStore<TenantStore>().UseEmulator(portal);
        builder.Services.AddHttpClient("orders").ConfigurePrimaryHttpMessageHandler(() => Api(portal));
        using var host = builder.Build();

        // <snippet>
        using var request = new HttpRequestMessage(HttpMethod.Get, "orders/1").UseCiamClient("acme").UseCiamScope("orders.read");
        // </snippet>

        using var response = await host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders")
            .SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("orders.read", Assert.Single(portal.Requests).Scope);
    }

    [Fact]
    public async Task Instances_share_their_tokens()
    {
        using var portal = new CiamPortalEmulator();
        var builder = Host.CreateEmptyApplicationBuilder(null);

        // <snippet>
        builder.Services.AddCiamClientCredentials().AddDistributedTokenCache();
        // </snippet>

        builder.Services.AddDistributedMemoryCache();
        builder.Services.AddCiamClientCredentials().UseEmulator(portal);
        using var host = builder.Build();

        await host.StartAsync(TestContext.Current.CancellationToken);
        await host.Services.GetRequiredService<ICiamTokenProvider>()
            .GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Single(portal.Requests);
    }

    [Fact]
    public async Task The_provider_returns_the_cached_token()
    {
        using var portal = new CiamPortalEmulator();
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(_ => { }).UseEmulator(portal);
        using var provider = services.BuildServiceProvider();
        var tokens = provider.GetRequiredService<ICiamTokenProvider>();

        // <snippet>
        Func<Task<string?>> accessTokenProvider = async () => (await tokens.GetTokenAsync()).Value;
        // </snippet>

        Assert.Equal(await accessTokenProvider(), await accessTokenProvider());
        Assert.Single(portal.Requests);
    }

    [Fact]
    public async Task A_health_check_reports_the_state_of_the_client()
    {
        using var portal = new CiamPortalEmulator();
        var builder = Host.CreateEmptyApplicationBuilder(null);

        // <snippet>
        builder.Services.AddHealthChecks().AddCiamClientCredentials();
        // </snippet>

        builder.Services.AddCiamClientCredentials(_ => { }).UseEmulator(portal);
        using var host = builder.Build();

        var report = await host.Services.GetRequiredService<HealthCheckService>()
            .CheckHealthAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HealthStatus.Healthy, report.Entries["ciam"].Status);
        Assert.Empty(portal.Requests);
    }

    [Fact]
    public async Task A_switch_distinguishes_the_results_of_a_token_request()
    {
        using var portal = new CiamPortalEmulator();
        portal.Application.Scopes = ["orders.read"];
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(_ => { }).UseEmulator(portal);
        using var provider = services.BuildServiceProvider();
        var tokenClient = provider.GetRequiredService<CiamTokenClient>();

        Assert.Equal("The token is valid for 599 s.", await DescribeAsync());
        portal.FailNext(CiamPortalFault.TooManyRequests(TimeSpan.FromSeconds(5)));
        Assert.Equal("Retry in 00:00:05.", await DescribeAsync());
        portal.FailNext(CiamPortalFault.BadGateway());
        Assert.Contains("HTTP 502", await DescribeAsync(), StringComparison.Ordinal);
        portal.Application.IsEnabled = false;
        Assert.StartsWith("Check the CIAM console: ", await DescribeAsync(), StringComparison.Ordinal);

        async Task<string> DescribeAsync()
        {
            var Console = new StringWriter();

            // <snippet>
            var result = await tokenClient.RequestTokenAsync("orders.read");
            Console.WriteLine(result switch
            {
                CiamTokenResult.Success(var token) => $"The token is valid for {token.Lifetime.TotalSeconds} s.",
                CiamTokenResult.Failure(CiamTokenError.InvalidClient error) => $"Check the CIAM console: {error.Message}",
                CiamTokenResult.Failure(CiamTokenError.EndpointUnavailable { RetryAfter: { } delay }) => $"Retry in {delay}.",
                CiamTokenResult.Failure(var error) => error.Message,
                _ => throw new InvalidOperationException(),
            });
            // </snippet>

            return Console.ToString().TrimEnd();
        }
    }

    [Fact]
    public async Task The_emulator_replaces_the_portal_in_a_test()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());

        // <snippet>
        using var portal = new CiamPortalEmulator();
        portal.Application.Scopes = ["orders.read"];
        services.AddCiamClientCredentials().UseEmulator(portal);

        portal.FailNext(CiamPortalFault.TemporarilyUnavailable(retryAfter: TimeSpan.FromSeconds(60)));
        // </snippet>

        using var provider = services.BuildServiceProvider();
        var thrown = await Assert.ThrowsAsync<CiamTokenException>(() => provider.GetRequiredService<ICiamTokenProvider>()
            .GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask());

        Assert.Equal(TimeSpan.FromSeconds(60), thrown.Error.RetryAfter);
    }

    private static HostApplicationBuilder HostBuilder(
        string section,
        CiamPortalEmulator portal,
        CiamPortalApplication application)
    {
        portal.Application.Scopes = ["orders.read"];
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            [$"{section}:Authority"] = portal.Authority.OriginalString,
            [$"{section}:ClientId"] = application.ClientId,
            [$"{section}:ClientSecret"] = application.ClientSecret,
            [$"{section}:Scope"] = "orders.read",
        });
        return builder;
    }

    private static HttpMessageHandler Api(CiamPortalEmulator portal)
        => portal.CreateResourceServerHandler(_ => new HttpResponseMessage(HttpStatusCode.OK));

    private sealed class TenantStore(CiamPortalEmulator portal) : ICiamClientStore
    {
        public ValueTask<CiamClientCredentialsOptions?> FindAsync(string name, CancellationToken cancellationToken)
            => new(name != "acme" ? null : new CiamClientCredentialsOptions
            {
                Authority = portal.Authority,
                ClientId = portal.Application.ClientId,
                ClientSecret = portal.Application.ClientSecret,
            });
    }

    private sealed class OrdersClient(HttpClient http)
    {
        public async Task<HttpStatusCode> StatusAsync()
        {
            using var response = await http.GetAsync(new Uri("orders/1", UriKind.Relative), TestContext.Current.CancellationToken);
            return response.StatusCode;
        }
    }
}
