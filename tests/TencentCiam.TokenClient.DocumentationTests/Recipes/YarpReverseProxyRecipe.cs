using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using TencentCiam.TokenClient.Testing;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;
using static TencentCiam.TokenClient.DocumentationTests.Recipes.TenantsKnownOnlyAtRunTimeRecipe;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

public sealed class YarpReverseProxyRecipe
{
    [Fact]
    public async Task The_proxy_replaces_the_callers_Authorization_header_with_a_token()
    {
        var clock = new FakeTimeProvider();
        using var portal = new CiamPortalEmulator(timeProvider: clock);
        await using var api = await StartApiAsync(portal);
        await using var proxy = await StartProxyAsync(portal, api.Urls.Single());
        using var caller = proxy.GetTestServer().CreateClient();
        caller.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "of-the-caller");

        Assert.Equal(HttpStatusCode.OK, await GetOrderStatusAsync(caller));
        clock.Advance(TimeSpan.FromMinutes(1));
        portal.RevokeAll();
        Assert.Equal(HttpStatusCode.OK, await GetOrderStatusAsync(caller));
        Assert.Equal(2, portal.Requests.Count);
    }

    [Fact]
    public async Task The_proxy_responds_with_502_when_there_is_no_token()
    {
        using var portal = new CiamPortalEmulator();
        await using var api = await StartApiAsync(portal);
        await using var proxy = await StartProxyAsync(portal, api.Urls.Single());
        using var caller = proxy.GetTestServer().CreateClient();
        portal.Application.IsEnabled = false;

        Assert.Equal(HttpStatusCode.BadGateway, await GetOrderStatusAsync(caller));
    }

    private static async Task<HttpStatusCode> GetOrderStatusAsync(HttpClient caller)
    {
        using var response = await caller.GetAsync(new Uri("orders/1001", UriKind.Relative), TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static async Task<WebApplication> StartProxyAsync(CiamPortalEmulator portal, string apiAddress)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseTestServer();
        builder.Configuration["ReverseProxy:Routes:orders:ClusterId"] = "orders";
        builder.Configuration["ReverseProxy:Routes:orders:Match:Path"] = "{**path}";
        builder.Configuration["ReverseProxy:Clusters:orders:Destinations:first:Address"] = apiAddress;

        // <snippet>
        builder.Services.AddCiamClientCredentials();
        builder.Services.AddSingleton<IForwarderHttpClientFactory, OrdersForwarderHttpClientFactory>();
        builder.Services.AddReverseProxy()
            .LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"));
        // </snippet>

        builder.Services.AddCiamClientCredentials().UseEmulator(portal);
        var proxy = builder.Build();
        proxy.MapReverseProxy();
        await proxy.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }

    private static async Task<WebApplication> StartApiAsync(CiamPortalEmulator portal)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        var api = builder.Build();
        api.RequireTokensOf(portal);
        api.MapGet("/orders/{number}", () => "tea");
        await api.StartAsync(TestContext.Current.CancellationToken);
        return api;
    }

    // <snippet>
    public sealed class OrdersForwarderHttpClientFactory(
        ICiamTokenProvider tokens,
        ILogger<ForwarderHttpClientFactory> logger) : ForwarderHttpClientFactory(logger)
    {
        protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler)
            => context.ClusterId == "orders"
                ? new CiamBearerTokenHandler(tokens, new() { ReplaceAuthorization = true }) { InnerHandler = handler }
                : handler;
    }
    // </snippet>

    [Fact]
    public async Task The_proxy_sends_a_token_of_the_tenant_in_the_route()
    {
        using var portal = new CiamPortalEmulator();
        var database = new TenantDatabase();
        foreach (var name in new[] { "acme", "north" })
        {
            var application = portal.AddApplication(name);
            application.Scopes = ["orders.read"];
            database.Tenants[name] = new Tenant(portal.Authority, name, application.ClientSecret);
        }

        await using var proxy = await StartTenantProxyAsync(portal, database);
        using var caller = proxy.GetTestServer().CreateClient();
        caller.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "of-the-caller");

        Assert.Equal("acme", await GetCallerAsync(caller, "acme"));
        Assert.Equal("north", await GetCallerAsync(caller, "north"));
        Assert.Equal("acme", await GetCallerAsync(caller, "acme"));
        using var unknown = await caller.GetAsync(new Uri("nobody/orders", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadGateway, unknown.StatusCode);
    }

    private static Task<string> GetCallerAsync(HttpClient caller, string tenant)
        => caller.GetStringAsync(new Uri($"{tenant}/orders", UriKind.Relative), TestContext.Current.CancellationToken);

    private static async Task<WebApplication> StartTenantProxyAsync(CiamPortalEmulator portal, TenantDatabase database)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseTestServer();
        builder.Configuration["ReverseProxy:Routes:orders:ClusterId"] = "orders";
        builder.Configuration["ReverseProxy:Routes:orders:Match:Path"] = "/{tenant}/{**path}";
        builder.Configuration["ReverseProxy:Routes:orders:Transforms:0:PathPattern"] = "/{**path}";
        builder.Configuration["ReverseProxy:Clusters:orders:Destinations:first:Address"] = "https://orders.example.com";

        // <snippet>
        builder.Services.AddCiamClientStore<TenantStore>();
        builder.Services.AddHttpClient("orders")
            .AddCiamClientCredentialsHandler(options =>
            {
                options.ReplaceAuthorization = true;
                options.AllowedOrigins.Add(new Uri("https://orders.example.com"));
            })
            .UseSocketsHttpHandler((handler, _) =>
            {
                handler.UseProxy = false;
                handler.UseCookies = false;
                handler.AllowAutoRedirect = false;
                handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
                handler.ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current);
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        builder.Services.AddSingleton<IForwarderHttpClientFactory, NamedForwarderHttpClientFactory>();
        builder.Services.AddReverseProxy()
            .LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"))
            .AddTransforms(transforms => transforms.AddRequestTransform(transform =>
            {
                if (transform.HttpContext.GetRouteValue("tenant") is string tenant)
                {
                    transform.ProxyRequest.UseCiamClient(tenant);
                }

                return default;
            }));
        // </snippet>

        builder.Services.AddSingleton(database);
        builder.Services.AddCiamClientStore<TenantStore>().UseEmulator(portal);
        builder.Services.AddHttpClient("orders").ConfigurePrimaryHttpMessageHandler(() => portal.CreateResourceServerHandler(
            request => new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent(
                    new CiamAccessToken(request.Headers.Authorization!.Parameter!, default, default).ReadJwt().Subject),
            }));
        var proxy = builder.Build();
        proxy.MapReverseProxy();
        await proxy.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }

    // <snippet>
    public sealed class NamedForwarderHttpClientFactory(IHttpMessageHandlerFactory handlers) : IForwarderHttpClientFactory
    {
        public HttpMessageInvoker CreateClient(ForwarderHttpClientContext context)
            => new(handlers.CreateHandler(context.ClusterId), disposeHandler: false);
    }
    // </snippet>
}
