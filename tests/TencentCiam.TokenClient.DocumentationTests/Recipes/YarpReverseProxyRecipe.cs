using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using TencentCiam.TokenClient.Testing;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

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
            .LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"))
            .AddTransforms(transforms =>
            {
                if (transforms.Cluster?.ClusterId == "orders")
                {
                    transforms.AddRequestHeaderRemove("Authorization");
                }
            });
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
                ? new CiamBearerTokenHandler(tokens) { InnerHandler = handler }
                : handler;
    }
    // </snippet>
}
