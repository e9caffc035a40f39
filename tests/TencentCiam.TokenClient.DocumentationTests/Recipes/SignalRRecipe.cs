using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

public sealed class SignalRRecipe
{
    [Fact]
    public async Task A_hub_connection_uses_a_current_token_whenever_it_starts()
    {
        var clock = new FakeTimeProvider();
        using var portal = new CiamPortalEmulator(timeProvider: clock);
        await using var api = await StartApiAsync(portal);
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(_ => { }).UseEmulator(portal);
        await using var provider = services.BuildServiceProvider();
        var tokens = provider.GetRequiredService<ICiamTokenProvider>();
        var hubAddress = new Uri(new Uri(api.Urls.Single()), "orders");

        // <snippet>
        await using var connection = new HubConnectionBuilder()
            .WithUrl(hubAddress, options => options.AccessTokenProvider = async () => (await tokens.GetTokenAsync()).Value)
            .Build();
        // </snippet>

        await connection.StartAsync(TestContext.Current.CancellationToken);
        await AssertConnectedAsync(connection);

        await connection.StopAsync(TestContext.Current.CancellationToken);
        clock.Advance(portal.Application.AccessTokenLifetime);
        await connection.StartAsync(TestContext.Current.CancellationToken);
        await AssertConnectedAsync(connection);
        Assert.Equal(2, portal.Requests.Count);

        await connection.StopAsync(TestContext.Current.CancellationToken);
        clock.Advance(portal.Application.AccessTokenLifetime);
        portal.Application.IsEnabled = false;
        await Assert.ThrowsAsync<CiamTokenException>(() => connection.StartAsync(TestContext.Current.CancellationToken));
    }

    private static async Task AssertConnectedAsync(HubConnection connection) => Assert.Equal(
        connection.ConnectionId,
        await connection.InvokeAsync<string>(nameof(OrdersHub.GetConnectionId), TestContext.Current.CancellationToken));

    private static async Task<WebApplication> StartApiAsync(CiamPortalEmulator portal)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting().AddSignalR();
        var api = builder.Build();
        api.RequireTokensOf(portal);
        api.MapHub<OrdersHub>("/orders");
        await api.StartAsync(TestContext.Current.CancellationToken);
        return api;
    }

    private sealed class OrdersHub : Hub
    {
        public string GetConnectionId() => Context.ConnectionId;
    }
}
