using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using TencentCiam.TokenClient;
using TencentCiam.TokenClient.Testing;

namespace TestingYourClient;

/// <summary>
/// Tests the program's own registration with an emulated portal and a simulated API. No request leaves the process, and time
/// passes only when a test advances the clock.
/// </summary>
public sealed class OrdersClientTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly CiamPortalEmulator _portal;
    private readonly ServiceProvider _services;

    public OrdersClientTests()
    {
        _portal = new CiamPortalEmulator(timeProvider: _clock);
        _portal.Application.Scopes = ["orders.read"];

        var services = new ServiceCollection();
        services.AddOrders();

        // A second registration only adds to the program's own. When the portal is down, the library makes up to three attempts,
        // without the pauses between them, which would end only when a test advances the clock.
        services.AddCiamClientCredentials().UseEmulator(_portal);

        // An API that accepts the portal's tokens and rejects everything else with 401.
        services.AddHttpClient<OrdersClient>().ConfigurePrimaryHttpMessageHandler(() => _portal.CreateResourceServerHandler(
            _ => new HttpResponseMessage(HttpStatusCode.OK) { Content = JsonContent.Create<Order[]>([new(1001, "tea")]) }));
        _services = services.BuildServiceProvider();
    }

    public void Dispose()
    {
        _services.Dispose();
        _portal.Dispose();
    }

    // Success.

    [Fact]
    public async Task The_client_requests_a_token_with_its_scope_and_gets_the_orders()
    {
        var orders = await GetOrdersAsync();

        Assert.Equal([new Order(1001, "tea")], orders);
        Assert.Equal("orders.read", Assert.Single(_portal.Requests).Scope);
    }

    [Fact]
    public async Task Concurrent_calls_share_one_token()
    {
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => GetOrdersAsync()));

        Assert.Single(_portal.Requests);
    }

    // Each kind of error.

    [Fact]
    public async Task A_secret_changed_in_the_console_causes_InvalidClient()
    {
        _portal.Application.ClientSecret = "rotated";

        Assert.IsType<CiamTokenError.InvalidClient>(await GetTokenErrorAsync());
    }

    [Fact]
    public async Task A_disabled_application_causes_InvalidClient()
    {
        _portal.Application.IsEnabled = false;

        Assert.IsType<CiamTokenError.InvalidClient>(await GetTokenErrorAsync());
    }

    [Fact]
    public async Task An_application_without_the_grant_causes_UnauthorizedClient()
    {
        _portal.Application.AllowsClientCredentials = false;

        Assert.IsType<CiamTokenError.UnauthorizedClient>(await GetTokenErrorAsync());
    }

    [Fact]
    public async Task A_scope_that_is_not_permitted_causes_InvalidScope()
    {
        _portal.Application.Scopes = ["invoices.read"];

        var error = Assert.IsType<CiamTokenError.InvalidScope>(await GetTokenErrorAsync());

        Assert.Equal("orders.read", error.RequestedScope);
    }

    [Fact]
    public async Task Any_other_OAuth_error_code_causes_OtherOAuthError()
    {
        _portal.FailNext(CiamPortalFault.OAuthError("invalid_request"));

        var error = Assert.IsType<CiamTokenError.OtherOAuthError>(await GetTokenErrorAsync());

        Assert.Equal("invalid_request", error.Code);
    }

    [Fact]
    public async Task A_web_page_instead_of_a_token_causes_UnusableResponse()
    {
        _portal.FailNext(CiamPortalFault.Respond(HttpStatusCode.OK, "<html>Please log in.</html>", "text/html"));

        Assert.IsType<CiamTokenError.UnusableResponse>(await GetTokenErrorAsync());
    }

    [Fact]
    public async Task A_failed_connection_causes_EndpointUnavailable()
    {
        _portal.Outage = CiamPortalFault.ConnectionFailure();

        var thrown = await Assert.ThrowsAsync<OrdersUnavailableException>(GetOrdersAsync);

        Assert.IsType<CiamTokenError.EndpointUnavailable>(Assert.IsType<CiamTokenException>(thrown.InnerException).Error);
    }

    [Fact]
    public async Task An_overloaded_portal_tells_the_caller_when_to_retry()
    {
        _portal.FailNext(CiamPortalFault.TooManyRequests(retryAfter: TimeSpan.FromMinutes(1)));

        var thrown = await Assert.ThrowsAsync<OrdersUnavailableException>(GetOrdersAsync);

        Assert.Equal(TimeSpan.FromMinutes(1), thrown.RetryAfter);
    }

    // The lifetime of a token.

    [Fact]
    public async Task An_expired_token_is_replaced_before_the_call_is_sent()
    {
        await GetOrdersAsync();

        _clock.Advance(_portal.Application.AccessTokenLifetime);
        await GetOrdersAsync();

        Assert.Equal(2, _portal.Requests.Count);
    }

    [Fact]
    public async Task A_revoked_token_is_replaced_without_an_error_for_the_caller()
    {
        await GetOrdersAsync();

        _portal.RevokeAll();
        await GetOrdersAsync();

        Assert.Equal(2, _portal.Requests.Count);
    }

    // An outage.

    [Fact]
    public async Task Calls_succeed_during_an_outage_while_the_token_is_valid()
    {
        await GetOrdersAsync();

        _portal.Outage = CiamPortalFault.ConnectionFailure();
        _clock.Advance(TimeSpan.FromMinutes(9));

        Assert.NotEmpty(await GetOrdersAsync());
    }

    [Fact]
    public async Task Calls_succeed_again_after_an_outage()
    {
        _portal.Outage = CiamPortalFault.TemporarilyUnavailable();
        await Assert.ThrowsAsync<OrdersUnavailableException>(GetOrdersAsync);

        // For the first seconds after a failure, calls fail immediately and the portal receives no requests.
        _portal.Outage = null;
        _clock.Advance(TimeSpan.FromSeconds(3));

        Assert.NotEmpty(await GetOrdersAsync());
    }

    // A typed client is transient, so each call gets a new one.
    private Task<IReadOnlyList<Order>> GetOrdersAsync()
        => _services.GetRequiredService<OrdersClient>().GetOrdersAsync(TestContext.Current.CancellationToken);

    private async Task<CiamTokenError> GetTokenErrorAsync()
        => (await Assert.ThrowsAsync<CiamTokenException>(GetOrdersAsync)).Error;
}
