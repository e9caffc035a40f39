using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using TencentCiam.TokenClient;
using TencentCiam.TokenClient.Testing;

namespace TestingYourClient;

/// <summary>
/// The program's own registration, with an emulated portal in the place of CIAM's and a fake API in that of the real one.
/// Nothing leaves the process, and time passes only when a test says so.
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

        // Registering again only adds to what the program did. When the portal is down, it is asked up to three times with
        // pauses between, which on this clock would not pass by themselves: with so little time it is asked once.
        services.AddCiamClientCredentials(options => options.AcquisitionTimeout = TimeSpan.FromMilliseconds(100))
            .UseEmulator(_portal);

        // An API that takes the portal's tokens and answers 401 to all else.
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
    public async Task The_orders_are_had_with_a_token_for_their_scope()
    {
        var orders = await GetOrdersAsync();

        Assert.Equal([new Order(1001, "tea")], orders);
        Assert.Equal("orders.read", Assert.Single(_portal.Requests).Scope);
    }

    [Fact]
    public async Task Many_calls_share_one_token()
    {
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => GetOrdersAsync()));

        Assert.Single(_portal.Requests);
    }

    // Each kind of error.

    [Fact]
    public async Task A_secret_that_was_renewed_in_the_console_is_InvalidClient()
    {
        _portal.Application.ClientSecret = "renewed";

        Assert.IsType<CiamTokenError.InvalidClient>(await GetTokenErrorAsync());
    }

    [Fact]
    public async Task An_application_that_is_switched_off_is_InvalidClient()
    {
        _portal.Application.IsEnabled = false;

        Assert.IsType<CiamTokenError.InvalidClient>(await GetTokenErrorAsync());
    }

    [Fact]
    public async Task An_application_without_the_grant_is_UnauthorizedClient()
    {
        _portal.Application.AllowsClientCredentials = false;

        Assert.IsType<CiamTokenError.UnauthorizedClient>(await GetTokenErrorAsync());
    }

    [Fact]
    public async Task A_scope_that_is_not_permitted_is_InvalidScope()
    {
        _portal.Application.Scopes = ["invoices.read"];

        var error = Assert.IsType<CiamTokenError.InvalidScope>(await GetTokenErrorAsync());

        Assert.Equal("orders.read", error.RequestedScope);
    }

    [Fact]
    public async Task Another_error_code_is_OtherOAuthError()
    {
        _portal.FailNext(CiamPortalFault.OAuthError("invalid_request"));

        var error = Assert.IsType<CiamTokenError.OtherOAuthError>(await GetTokenErrorAsync());

        Assert.Equal("invalid_request", error.Code);
    }

    [Fact]
    public async Task A_web_page_in_the_place_of_a_token_is_UnusableResponse()
    {
        _portal.FailNext(CiamPortalFault.Respond(HttpStatusCode.OK, "<html>Please log in.</html>", "text/html"));

        Assert.IsType<CiamTokenError.UnusableResponse>(await GetTokenErrorAsync());
    }

    [Fact]
    public async Task No_connection_is_EndpointUnavailable()
    {
        _portal.FailNext(CiamPortalFault.ConnectionFailure());

        var thrown = await Assert.ThrowsAsync<OrdersUnavailableException>(GetOrdersAsync);

        Assert.IsType<CiamTokenError.EndpointUnavailable>(Assert.IsType<CiamTokenException>(thrown.InnerException).Error);
    }

    [Fact]
    public async Task A_portal_that_is_overloaded_tells_the_caller_when_to_come_back()
    {
        _portal.FailNext(CiamPortalFault.TooManyRequests(retryAfter: TimeSpan.FromSeconds(30)));

        var thrown = await Assert.ThrowsAsync<OrdersUnavailableException>(GetOrdersAsync);

        Assert.Equal(TimeSpan.FromSeconds(30), thrown.RetryAfter);
    }

    // The life of a token.

    [Fact]
    public async Task An_expired_token_is_replaced_before_the_call_is_sent()
    {
        await GetOrdersAsync();

        _clock.Advance(_portal.Application.AccessTokenLifetime);
        await GetOrdersAsync();

        Assert.Equal(2, _portal.Requests.Count);
    }

    [Fact]
    public async Task A_revoked_token_is_replaced_and_the_caller_notices_nothing()
    {
        await GetOrdersAsync();

        // A token of a few seconds is not replaced: if that one is refused, another would be too.
        _clock.Advance(TimeSpan.FromMinutes(1));
        _portal.RevokeAll();
        await GetOrdersAsync();

        Assert.Equal(2, _portal.Requests.Count);
    }

    // An outage.

    [Fact]
    public async Task An_outage_is_not_noticed_while_the_token_lives()
    {
        await GetOrdersAsync();

        _portal.Outage = CiamPortalFault.ConnectionFailure();
        _clock.Advance(TimeSpan.FromMinutes(9));

        Assert.NotEmpty(await GetOrdersAsync());
    }

    [Fact]
    public async Task After_an_outage_calls_succeed_again()
    {
        _portal.Outage = CiamPortalFault.TemporarilyUnavailable();
        await Assert.ThrowsAsync<OrdersUnavailableException>(GetOrdersAsync);

        // For the first seconds callers are told of the failure at once, and the portal is left in peace.
        _portal.Outage = null;
        _clock.Advance(TimeSpan.FromSeconds(3));

        Assert.NotEmpty(await GetOrdersAsync());
    }

    // A typed client is transient: each piece of work takes a new one.
    private Task<IReadOnlyList<Order>> GetOrdersAsync()
        => _services.GetRequiredService<OrdersClient>().GetOrdersAsync(TestContext.Current.CancellationToken);

    private async Task<CiamTokenError> GetTokenErrorAsync()
        => (await Assert.ThrowsAsync<CiamTokenException>(GetOrdersAsync)).Error;
}
