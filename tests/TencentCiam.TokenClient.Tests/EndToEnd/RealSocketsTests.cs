using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Quickstart;

namespace TencentCiam.TokenClient.Tests.EndToEnd;

/// <summary>
/// The whole chain over real loopback sockets: the quickstart's portal and its API, which validates tokens with JwtBearer
/// against the portal's discovery document and keys.
/// </summary>
public sealed class RealSocketsTests
{
    [Theory]
    [InlineData(CiamClientAuthentication.ClientSecretPost)]
    [InlineData(CiamClientAuthentication.ClientSecretBasic)]
    public async Task The_API_trusts_the_token_that_a_request_carries(CiamClientAuthentication authentication)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var portal = await PortalServer.StartAsync();

        // The quickstart's tokens live 9 seconds, and the clock is real: on a busy machine, the second call would refresh them.
        portal.Emulator.Application.AccessTokenLifetime = TimeSpan.FromMinutes(5);
        await using var api = await OrdersApi.StartAsync(
            portal.Emulator.Authority.AbsoluteUri, portal.Emulator.Application.ClientId, "orders.read");
        var logs = new LogCollector();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(logs).SetMinimumLevel(LogLevel.Trace));
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(portal.Settings).Build());
        services.AddCiamClientCredentials();
        services.PostConfigure<CiamClientCredentialsOptions>(options => options.ClientAuthentication = authentication);
        services.AddHttpClient("orders", client => client.BaseAddress = new Uri(api.Urls.Single()))
            .AddCiamClientCredentialsHandler();
        services.AddHttpClient("without a token", client => client.BaseAddress = new Uri(api.Urls.Single()));
        await using var provider = services.BuildServiceProvider();
        var clients = provider.GetRequiredService<IHttpClientFactory>();
        var orders = new Uri("orders", UriKind.Relative);

        using var unauthorized = await clients.CreateClient("without a token").GetAsync(orders, cancellationToken);
        using var first = await clients.CreateClient("orders").GetAsync(orders, cancellationToken);
        using var second = await clients.CreateClient("orders").GetAsync(orders, cancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, unauthorized.StatusCode);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        Assert.Equal(authentication, Assert.Single(portal.Emulator.Requests).ClientAuthentication);

        var client = provider.GetRequiredService<CiamTokenClient>();
        var token = (await client.RequestTokenAsync(cancellationToken: cancellationToken)).GetTokenOrThrow();
        Assert.Null(await client.RevokeTokenAsync(token.Value, cancellationToken));
        Assert.False(portal.Emulator.IsActive(token.Value));

        portal.Emulator.Application.IsEnabled = false;
        Assert.IsType<CiamTokenError.InvalidClient>(
            Assert.IsType<CiamTokenResult.Failure>(await client.RequestTokenAsync(cancellationToken: cancellationToken)).Error);

        Assert.NotEmpty(logs.Entries);
        Assert.All(logs.Entries, entry =>
        {
            Assert.DoesNotContain("eyJ", entry.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(portal.Emulator.Application.ClientSecret, entry.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_portal_that_is_not_running_is_reported_as_unavailable()
    {
        var portal = await PortalServer.StartAsync();
        var settings = portal.Settings;
        await portal.DisposeAsync();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddCiamClientCredentials();
        await using var provider = services.BuildServiceProvider();

        var result = await provider.GetRequiredService<CiamTokenClient>()
            .RequestTokenAsync(cancellationToken: TestContext.Current.CancellationToken);

        var error = Assert.IsType<CiamTokenError.EndpointUnavailable>(Assert.IsType<CiamTokenResult.Failure>(result).Error);
        Assert.Equal("connection_failed", error.Code);
        Assert.True(error.IsTransient);
    }
}
