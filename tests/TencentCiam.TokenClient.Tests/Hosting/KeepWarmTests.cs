using System.Diagnostics;
using System.Globalization;
using System.Net;
using TencentCiam.TokenClient.Testing;
using TencentCiam.TokenClient.Tests.Telemetry;

namespace TencentCiam.TokenClient.Tests.Hosting;

/// <summary>Tokens that are refreshed although nobody calls.</summary>
public sealed class KeepWarmTests
{
    private static readonly AsyncLocal<string?> Flowing = new();

    [Fact]
    public async Task No_call_waits_after_a_night_without_calls()
    {
        using var host = new ClientHost(keepWarm: true, lifetimeSeconds: 299);
        await host.StartAsync();
        await host.TokenAsync();

        for (var hour = 1; hour <= 8; hour++)
        {
            await host.AdvanceAsync(3600, step: 2);
            host.TokenAtOnce();
        }

        Assert.InRange(host.TokenRequests, 8 * 13, 8 * 16);
    }

    [Fact]
    public async Task At_no_moment_would_a_call_wait()
    {
        using var host = new ClientHost(CiamStartupMode.Required, keepWarm: true, lifetimeSeconds: 10);
        await host.StartAsync();

        for (var seconds = 0; seconds < 300; seconds++)
        {
            host.TokenAtOnce();
            await host.AdvanceAsync(1, step: 0.1);
        }
    }

    [Fact]
    public async Task Without_KeepWarm_nothing_is_refreshed_while_nobody_calls()
    {
        using var host = new ClientHost(CiamStartupMode.Warm);
        await host.StartAsync();

        // With time passing before it, the first request would time out and be repeated.
        await host.CompletedAsync();
        await host.AdvanceAsync(3600, step: 10);

        Assert.Equal(1, host.TokenRequests);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("00:01:40")]
    public async Task The_refresh_starts_at_the_moment_that_was_drawn_when_the_token_arrived(string? window)
    {
        using var host = new ClientHost(keepWarm: true);
        host.Set("RefreshBeforeExpiration", window);
        await host.TokenAsync();
        await host.CompletedAsync();
        var refreshIn = Convert.ToDouble(host.Logs.Named("TokenAcquired").Single().Values[4], CultureInfo.InvariantCulture);

        var seconds = await host.SecondsToNextRequestAsync(300);

        Assert.InRange(seconds, refreshIn - 0.5, refreshIn + 0.75);
        Assert.InRange(seconds, 150, window is null ? 240.25 : 200.25);
    }

    [Fact]
    public async Task Two_instances_do_not_refresh_at_the_same_moment()
    {
        var moments = new HashSet<double>();
        for (var instance = 0; instance < 4; instance++)
        {
            using var host = new ClientHost(keepWarm: true, lifetimeSeconds: 3000);
            await host.TokenAsync();
            await host.CompletedAsync();
            moments.Add(await host.SecondsToNextRequestAsync(3000));
        }

        Assert.True(moments.Count > 1, string.Join(", ", moments));
    }

    [Fact]
    public async Task With_Lazy_it_does_not_begin_with_a_change_of_the_options()
    {
        using var host = new ClientHost(keepWarm: true);
        await host.StartAsync();
        var cancelled = host.Tokens.GetTokenAsync(cancellationToken: new CancellationToken(canceled: true));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.AsTask());

        host.Reload("RequestTimeout", "00:00:05");
        await host.AdvanceAsync(60);

        Assert.Equal(0, host.TokenRequests);
    }

    [Fact]
    public async Task With_Lazy_it_begins_with_the_first_call()
    {
        using var host = new ClientHost(keepWarm: true);
        await host.StartAsync();
        await host.AdvanceAsync(3600, step: 30);
        Assert.Equal(0, host.TokenRequests);

        await host.TokenAsync();
        await host.AdvanceAsync(3600, step: 2);

        host.TokenAtOnce();
    }

    [Fact]
    public async Task Failed_refreshes_are_retried_after_1_2_4_8_and_16_seconds_with_jitter()
    {
        using var host = new ClientHost(keepWarm: true);
        await host.TokenAsync();
        host.Portal.Outage = CiamPortalFault.ConnectionFailure();
        await host.SecondsToNextRequestAsync(300);

        foreach (var pause in (double[])[1, 2, 4, 8, 16, 16])
        {
            Assert.InRange(await host.SecondsToNextRequestAsync(60), pause, (pause * 1.25) + 0.25);
        }
    }

    [Fact]
    public async Task It_goes_on_after_the_token_has_expired_and_logs_the_outage_once()
    {
        using var host = new ClientHost(keepWarm: true);
        await host.TokenAsync();
        host.Portal.Outage = CiamPortalFault.ConnectionFailure();
        await host.AdvanceAsync(600);
        Assert.Single(host.Logs.Named("RefreshFailed"));
        Assert.Empty(host.Logs.Named("AcquisitionFailed"));

        host.Portal.Outage = null;
        await host.AdvanceAsync(20);

        host.TokenAtOnce();
        Assert.Single(host.Logs.Named("Recovered"));
    }

    [Fact]
    public async Task Retry_After_takes_precedence_over_the_backoff()
    {
        using var host = new ClientHost(keepWarm: true);
        await host.TokenAsync();
        host.Portal.FailNext(CiamPortalFault.TemporarilyUnavailable(TimeSpan.FromSeconds(40)));
        await host.SecondsToNextRequestAsync(300);

        Assert.InRange(await host.SecondsToNextRequestAsync(60), 40, 40.25);
        host.TokenAtOnce();
    }

    [Fact]
    public async Task A_failure_that_callers_are_given_is_not_retried_before_they_could()
    {
        using var host = new ClientHost(keepWarm: true);
        host.Portal.Application.IsEnabled = false;
        await Assert.ThrowsAsync<CiamTokenException>(() => host.TokenAsync());

        Assert.InRange(await host.SecondsToNextRequestAsync(60), 5, 6.5);
    }

    [Fact]
    public async Task A_caller_during_a_background_acquisition_waits_for_it_and_starts_none()
    {
        using var host = new ClientHost(CiamStartupMode.Warm, keepWarm: true);
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(2)));
        await host.StartAsync();
        await host.Clock.TimerAsync(2, 2);

        var pending = host.TokenAsync();
        host.Clock.AdvanceSeconds(2);
        await pending;

        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task A_refresh_counts_no_caller_and_carries_nothing_of_the_first_call()
    {
        using var host = new ClientHost(keepWarm: true);
        using var telemetry = new TelemetryCollector(host.Services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
        string? flowed = null;
        using (new Activity("first call").Start())
        {
            Flowing.Value = "first call";
            await host.TokenAsync();
        }

        Flowing.Value = null;
        host.Portal.FailNext(CiamPortalFault.Respond(_ =>
        {
            flowed = Flowing.Value;
            return new HttpResponseMessage(HttpStatusCode.BadGateway);
        }));
        await host.AdvanceAsync(250);

        Assert.Equal(3, host.TokenRequests);
        Assert.Null(flowed);
        Assert.Single(telemetry.Of("ciam.token.lookups"));
        Assert.All(
            telemetry.Activities.Where(activity => activity.GetTagItem("ciam.client") is "(unnamed)"),
            activity => Assert.Null(activity.ParentId));
    }

    [Fact]
    public async Task Other_scopes_are_not_kept_warm()
    {
        using var host = new ClientHost(keepWarm: true);
        await host.TokenAsync("orders.write");

        await host.AdvanceAsync(3600, step: 10);

        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task It_can_be_switched_on_while_the_program_runs()
    {
        using var host = new ClientHost();
        await host.TokenAsync();
        await host.AdvanceAsync(600, step: 10);

        host.Reload("KeepWarm", "true");
        await host.AdvanceAsync(2);

        host.TokenAtOnce();
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task It_can_be_switched_off_while_the_program_runs()
    {
        using var host = new ClientHost(keepWarm: true);
        await host.TokenAsync();
        await host.AdvanceAsync(250);

        host.Reload("KeepWarm", "false");
        await host.AdvanceAsync(3600, step: 10);

        Assert.Equal(2, host.TokenRequests);
        Assert.Equal(0, host.Clock.Timers);
    }

    [Fact]
    public async Task After_a_change_of_the_scope_the_new_one_is_kept_warm_and_the_old_one_is_not()
    {
        using var host = new ClientHost(keepWarm: true);
        host.Set("Scope", "orders.read");
        await host.TokenAsync();

        host.Reload("Scope", "orders.write");
        await host.CompletedAsync();
        Assert.Equal("orders.write", host.TokenAtOnce().Scope);

        // That of the new one, and the one that drops the old one when nobody uses it.
        Assert.Equal(2, host.Clock.Timers);
        await host.AdvanceAsync(3600, step: 2);

        host.TokenAtOnce();
        Assert.Equal(1, host.Portal.Requests.Count(request => request.Scope == "orders.read"));
    }

    [Fact]
    public async Task A_change_of_the_application_acquires_its_token_at_once()
    {
        using var host = new ClientHost(keepWarm: true);
        await host.TokenAsync();
        var other = host.Portal.AddApplication();
        host.Set("ClientSecret", other.ClientSecret);

        host.Reload("ClientId", other.ClientId);
        await host.CompletedAsync();

        host.TokenAtOnce();
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task A_corrected_secret_is_used_at_once()
    {
        using var host = new ClientHost(CiamStartupMode.Warm);
        host.Set("ClientSecret", "wrong");
        await host.StartAsync();
        await host.AdvanceAsync(60);

        host.Reload("ClientSecret", host.Portal.Application.ClientSecret);
        await host.CompletedAsync();

        host.TokenAtOnce();
    }

    [Fact]
    public async Task A_token_that_was_invalidated_is_replaced_without_a_call()
    {
        using var host = new ClientHost(keepWarm: true);
        var token = await host.TokenAsync();

        host.Tokens.Invalidate(token);
        await host.AdvanceAsync(30);

        Assert.NotSame(token, host.TokenAtOnce());
    }

    [Fact]
    public async Task After_a_suspension_of_the_machine_the_token_is_refreshed_within_30_seconds()
    {
        using var host = new ClientHost(keepWarm: true);
        var token = await host.TokenAsync();
        await host.CompletedAsync();

        host.Clock.StepWallClock(TimeSpan.FromHours(8));
        await host.AdvanceAsync(30);

        Assert.NotSame(token, host.TokenAtOnce());
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(3600)]
    public async Task A_step_of_the_wall_clock_neither_ends_it_nor_causes_more_requests(int step)
    {
        using var host = new ClientHost(keepWarm: true);
        await host.TokenAsync();

        host.Clock.StepWallClock(TimeSpan.FromSeconds(step));
        await host.AdvanceAsync(3600, step: 2);

        host.TokenAtOnce();
        Assert.InRange(host.TokenRequests, 13, 18);
    }

    [Fact]
    public async Task Tokens_that_have_expired_on_arrival_are_not_requested_more_often_than_every_16_seconds()
    {
        using var host = new ClientHost(CiamStartupMode.Warm, keepWarm: true);
        host.Portal.Outage = CiamPortalFault.Respond(
            HttpStatusCode.OK, """{"access_token":"t","token_type":"Bearer","expires_in":0}""");
        await host.StartAsync();

        await host.AdvanceAsync(3600, step: 1);

        Assert.InRange(host.TokenRequests, 100, 235);
    }

    [Fact]
    public async Task Nothing_is_requested_after_the_host_has_stopped()
    {
        using var host = new ClientHost(CiamStartupMode.Warm, keepWarm: true);
        await host.StartAsync();
        await host.AdvanceAsync(600);
        var requests = host.TokenRequests;

        await host.StopAsync();
        await host.AdvanceAsync(3600, step: 10);

        Assert.Equal(requests, host.TokenRequests);
        Assert.Equal(0, host.Clock.Timers);
    }

    [Fact]
    public async Task A_failed_first_acquisition_is_not_retried_after_the_host_has_stopped()
    {
        using var host = new ClientHost(CiamStartupMode.Required);
        host.Portal.Outage = CiamPortalFault.ConnectionFailure();
        await host.StartAsync();
        await host.AdvanceAsync(10);
        var requests = host.TokenRequests;

        await host.StopAsync();
        await host.AdvanceAsync(600);

        Assert.Equal(requests, host.TokenRequests);
    }

    [Fact]
    public async Task Without_a_host_it_ends_when_the_service_provider_is_disposed()
    {
        var host = new ClientHost(keepWarm: true);
        await host.TokenAsync();
        await host.AdvanceAsync(250);
        Assert.Equal(2, host.TokenRequests);
        Assert.Equal(1, host.Clock.Timers);

        host.Dispose();

        Assert.Equal(0, host.Clock.Timers);
    }

    [Fact]
    public async Task A_client_that_does_not_use_it_has_no_timer()
    {
        using var host = new ClientHost();
        await host.StartAsync();
        await host.TokenAsync();
        await host.CompletedAsync();

        Assert.Equal(0, host.Clock.Timers);
    }
}
