using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

public sealed class TestingRecipe
{
    [Fact]
    public async Task A_test_makes_the_portal_fail_after_the_token_has_expired()
    {
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(_ => { });
        services.AddHttpClient<OrdersClient>(client => client.BaseAddress = new Uri("https://orders.example.com"))
            .AddCiamClientCredentialsHandler();

        // <snippet>
        var clock = new FakeTimeProvider();
        using var portal = new CiamPortalEmulator(timeProvider: clock);
        services.AddCiamClientCredentials().UseEmulator(portal);
        services.AddHttpClient<OrdersClient>().ConfigurePrimaryHttpMessageHandler(
            () => portal.CreateResourceServerHandler(_ => new HttpResponseMessage(HttpStatusCode.OK)));
        // </snippet>

        await using var provider = services.BuildServiceProvider();
        var orders = provider.GetRequiredService<OrdersClient>();

        // <snippet>
        Assert.Equal(HttpStatusCode.OK, await orders.GetOrderStatusAsync(1001));

        clock.Advance(portal.Application.AccessTokenLifetime);
        portal.FailNext(CiamPortalFault.TooManyRequests(retryAfter: TimeSpan.FromMinutes(1)));

        var thrown = await Assert.ThrowsAsync<CiamTokenException>(() => orders.GetOrderStatusAsync(1001));
        Assert.Equal(TimeSpan.FromMinutes(1), thrown.Error.RetryAfter);
        Assert.Equal(2, portal.Requests.Count);
        // </snippet>
    }

    [Fact]
    public async Task A_call_during_an_outage_fails_after_three_requests_although_the_clock_stands_still()
    {
        using var portal = new CiamPortalEmulator(timeProvider: new FakeTimeProvider());
        portal.Outage = CiamPortalFault.ConnectionFailure();
        var services = new ServiceCollection();
        services.AddCiamClientCredentials(_ => { }).UseEmulator(portal);
        services.AddHttpClient<OrdersClient>(client => client.BaseAddress = new Uri("https://orders.example.com"))
            .AddCiamClientCredentialsHandler();
        await using var provider = services.BuildServiceProvider();

        await Assert.ThrowsAsync<CiamTokenException>(
            () => provider.GetRequiredService<OrdersClient>().GetOrderStatusAsync(1001));

        Assert.Equal(3, portal.Requests.Count);
    }
}
