using System.Diagnostics;
using System.Net;
using System.Reflection;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.Telemetry;

public sealed class TelemetryTests
{
    [Fact]
    public async Task A_token_request_is_measured_with_its_client_and_reason()
    {
        using var host = new CiamHost();
        using var collector = new TelemetryCollector(host);
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(2)));

        var pending = host.TokenAsync();
        await host.Clock.TimerAsync(2, 2);
        host.Clock.AdvanceSeconds(2);
        var token = await pending;
        host.Clock.AdvanceSeconds(240);
        host.TokenAtOnce();
        await host.AcquisitionsCompleteAsync();
        host.Clock.AdvanceSeconds(300);
        token = await host.TokenAsync();
        host.Clock.AdvanceSeconds(30);
        host.Tokens.Invalidate(token);
        await host.TokenAsync();

        Assert.Equal(
            [
                (2, "ciam.client=(unnamed) ciam.token.request.reason=cold"),
                (0, "ciam.client=(unnamed) ciam.token.request.reason=refresh"),
                (0, "ciam.client=(unnamed) ciam.token.request.reason=expired"),
                (0, "ciam.client=(unnamed) ciam.token.request.reason=unauthorized"),
            ],
            collector.Of("ciam.token.request.duration"));
        Assert.All(
            collector.Measurements.Where(measured => measured.Name == "ciam.token.request.duration"),
            measured => Assert.Equal("s", measured.Unit));
    }

    [Fact]
    public async Task A_failed_token_request_is_measured_with_its_error()
    {
        using var host = new CiamHost();
        using var collector = new TelemetryCollector(host);
        host.Portal.Application.IsEnabled = false;

        await host.ErrorAsync();

        Assert.Equal(
            [(0, "ciam.client=(unnamed) ciam.token.request.reason=cold error.type=invalid_client")],
            collector.Of("ciam.token.request.duration"));
    }

    [Fact]
    public async Task Lookups_are_counted_by_outcome()
    {
        using var host = new CiamHost();
        using var collector = new TelemetryCollector(host);

        await host.TokenAsync();
        host.TokenAtOnce();
        host.Clock.AdvanceSeconds(285);
        host.Portal.Application.IsEnabled = false;
        await host.TokenAsync();
        host.TokenAtOnce();
        host.Clock.AdvanceSeconds(14);
        await host.ErrorAsync();
        host.ErrorAtOnce();
        host.Clock.AdvanceSeconds(60);
        host.Portal.Outage = CiamPortalFault.Delay(TimeSpan.FromSeconds(2));
        using var cancellation = new CancellationTokenSource();
        var pending = host.Tokens.GetTokenAsync(cancellationToken: cancellation.Token).AsTask();
        await host.Clock.TimerAsync(2, 2);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);

        Assert.Equal(
            ["waited", "hit", "last_resort", "last_resort", "failed", "failed", "cancelled"],
            collector.Of("ciam.token.lookups").Select(lookup => lookup.Tags.Split('=')[^1]));
    }

    [Fact]
    public async Task The_remaining_lifetime_of_each_unexpired_token_can_be_observed()
    {
        using var host = new CiamHost();
        using var collector = new TelemetryCollector(host);
        await host.TokenAsync();
        host.Clock.AdvanceSeconds(100);
        await host.TokenAsync("orders.read");
        host.Clock.AdvanceSeconds(50);

        collector.Observe();

        Assert.Equal(
            [
                (149, "ciam.client=(unnamed) ciam.token.scope="),
                (249, "ciam.client=(unnamed) ciam.token.scope=orders.read"),
            ],
            collector.Of("ciam.token.remaining_life").OrderBy(life => life.Value));
        host.Clock.AdvanceSeconds(149);
        collector.Measurements.Clear();
        collector.Observe();
        Assert.Single(collector.Of("ciam.token.remaining_life"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_acquisition_has_its_own_activity_that_is_not_a_child_of_the_callers(bool succeeds)
    {
        // Activities belong to the whole process: the client's name identifies those of this test.
        var name = $"activities {succeeds}";
        using var portal = new CiamPortalEmulator(signingKey: CiamHost.SigningKey);
        portal.Application.AllowsClientCredentials = succeeds;
        using var host = new CiamHost(
            services: services => services.AddCiamClientCredentials(name, _ => { }).UseEmulator(portal));
        using var collector = new TelemetryCollector(host);
        using var caller = new Activity("the caller").Start();

        var tokens = host.Services.GetRequiredKeyedService<ICiamTokenProvider>(name);
        await Record.ExceptionAsync(() => tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask());
        await CiamHost.ReportedAsync(tokens);

        var acquisition = Assert.Single(
            collector.Activities, activity => Equals(activity.GetTagItem("ciam.client"), name));
        Assert.Equal("ciam.token.acquire", acquisition.OperationName);
        Assert.Null(acquisition.ParentId);
        Assert.NotEqual(caller.TraceId, acquisition.TraceId);
        Assert.Equal("cold", acquisition.GetTagItem("ciam.token.request.reason"));
        Assert.Equal(succeeds ? null : "unauthorized_client", acquisition.GetTagItem("error.type"));
        Assert.Equal(succeeds ? ActivityStatusCode.Unset : ActivityStatusCode.Error, acquisition.Status);
        Assert.Equal(
            !succeeds, acquisition.StatusDescription?.Contains("client credentials grant", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task The_activity_of_an_acquisition_ends_when_the_client_is_disposed()
    {
        const string Name = "disposed activities";
        using var portal = new CiamPortalEmulator(signingKey: CiamHost.SigningKey)
        {
            Outage = CiamPortalFault.Delay(TimeSpan.FromHours(1)),
        };
        var host = new CiamHost(services: services => services.AddCiamClientCredentials(Name, _ => { }).UseEmulator(portal));
        using var collector = new TelemetryCollector(host);
        var tokens = host.Services.GetRequiredKeyedService<ICiamTokenProvider>(Name);
        var pending = tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();

        host.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => pending);
        await CiamHost.ReportedAsync(tokens);
        Assert.Single(collector.Activities, activity => Equals(activity.GetTagItem("ciam.client"), Name));
    }

    [Fact]
    public async Task Each_scope_that_was_not_granted_is_logged()
    {
        using var host = new CiamHost();
        host.Portal.Outage = Grant("orders.read");

        await host.TokenAsync("orders.read orders.write");
        await host.TokenAsync("orders.read orders.cancel");

        Assert.Equal(2, host.Logs.Named("ScopeNotGranted").Count());
    }

    [Fact]
    public async Task A_scope_that_was_not_granted_is_logged_once()
    {
        using var host = new CiamHost(configure: options => options.Scope = "orders.read orders.write orders.cancel");
        host.Portal.Outage = Grant("orders.write orders.read");

        await host.TokenAsync();
        host.Clock.AdvanceSeconds(400);
        await host.TokenAsync();

        var warning = Assert.Single(host.Logs.Named("ScopeNotGranted"));
        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains("did not grant \"orders.cancel\"", warning.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a b", "b a")]
    [InlineData("a b", "b a c")]
    [InlineData("a b", null)]
    [InlineData(null, "a")]
    public async Task No_warning_is_logged_when_all_requested_scopes_are_granted_in_any_order(string? requested, string? granted)
    {
        using var host = new CiamHost(configure: options => options.Scope = requested);
        host.Portal.Outage = Grant(granted);

        await host.TokenAsync();

        Assert.Empty(host.Logs.Named("ScopeNotGranted"));
    }

    [Theory]
    [InlineData(20, true)]
    [InlineData(-20, true)]
    [InlineData(14, false)]
    [InlineData(-14, false)]
    [InlineData(null, false)]
    public async Task A_portal_clock_that_is_off_by_more_than_the_margin_is_logged_once(int? seconds, bool isLogged)
    {
        using var host = new CiamHost();
        host.Portal.Outage = CiamPortalFault.Respond(_ =>
        {
            var response = TokenResponse("a");
            response.Headers.Date = seconds is null ? null : host.Clock.GetUtcNow().AddSeconds(seconds.Value);
            return response;
        });

        await host.TokenAsync();
        host.Clock.AdvanceSeconds(400);
        await host.TokenAsync();

        Assert.Equal(isLogged ? 1 : 0, host.Logs.Named("ClocksDiffer").Count());
    }

    [Fact]
    public async Task A_slow_response_is_not_mistaken_for_a_wrong_portal_clock()
    {
        // The margin is 1 s, and the portal's Date is 3 s after the request and 3 s before the response.
        using var host = new CiamHost();
        host.Portal.Outage = CiamPortalFault.Respond(_ =>
        {
            host.Clock.AdvanceSeconds(3);
            var response = TokenResponse("a", lifetime: 20);
            response.Headers.Date = host.Clock.GetUtcNow();
            host.Clock.AdvanceSeconds(3);
            return response;
        });

        await host.TokenAsync();

        Assert.Empty(host.Logs.Named("ClocksDiffer"));
    }

    [Fact]
    public void Every_log_message_has_a_unique_EventId_and_name()
    {
        var messages = typeof(Log).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()!).ToArray();

        Assert.Equal(Enumerable.Range(1, messages.Length), messages.Select(message => message.EventId).Order());
        Assert.Equal(messages.Length, messages.Select(message => message.EventName).Distinct().Count());
    }

    private static CiamPortalFault Grant(string? scope) => CiamPortalFault.Respond(_ => TokenResponse(scope));

    private static HttpResponseMessage TokenResponse(string? scope, int lifetime = 299) => new(HttpStatusCode.OK)
    {
        Content = new StringContent(
            $$"""{"access_token":"t","token_type":"Bearer","expires_in":{{lifetime}}{{(scope is null ? "" : $",\"scope\":\"{scope}\"")}}}"""),
    };
}
