using System.Net;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.Caching;

public sealed class FailureTests
{
    // No response in time; its timer shows that the request has reached the portal.
    private static readonly CiamPortalFault NoResponse = CiamPortalFault.Delay(TimeSpan.FromHours(1));

    [Fact]
    public async Task A_transient_failure_is_retried_up_to_three_attempts_while_a_caller_waits()
    {
        using var host = new CiamHost();
        host.Portal.FailNext(CiamPortalFault.ConnectionFailure());
        host.Portal.FailNext(CiamPortalFault.BadGateway());

        var pending = host.TokenAsync();
        host.Clock.Advance(await host.Clock.TimerAsync(0.2, 0.25));
        host.Clock.Advance(await host.Clock.TimerAsync(0.4, 0.5));
        await pending;

        Assert.Equal(3, host.TokenRequests);
        Assert.Empty(host.Logs.Named("AcquisitionFailed"));
    }

    [Fact]
    public async Task A_transient_failure_that_persists_is_thrown_with_the_original_error()
    {
        using var host = new CiamHost();
        host.Portal.Outage = CiamPortalFault.TemporarilyUnavailable();

        var error = await FailAsync(host);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, error.StatusCode);
        Assert.Equal("The portal is temporarily unavailable.", error.Description);
        Assert.Equal(3, host.TokenRequests);
    }

    [Fact]
    public async Task A_permanent_failure_is_not_retried()
    {
        using var host = new CiamHost();
        host.Portal.Application.AllowsClientCredentials = false;

        Assert.IsType<CiamTokenError.UnauthorizedClient>(await host.ErrorAsync());

        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task Callers_fail_immediately_while_a_failure_is_remembered_and_then_one_request_probes()
    {
        using var host = new CiamHost();
        host.Portal.Outage = CiamPortalFault.ConnectionFailure();
        await FailAsync(host);

        for (var i = 0; i < 100; i++)
        {
            Assert.IsType<CiamTokenError.EndpointUnavailable>(host.ErrorAtOnce());
        }

        Assert.Equal(3, host.TokenRequests);
        host.Clock.AdvanceSeconds(1.25);
        await host.ErrorAsync();
        Assert.Equal(4, host.TokenRequests);
        host.Clock.AdvanceSeconds(1.9);
        host.ErrorAtOnce();
        host.Clock.AdvanceSeconds(0.6);
        await host.ErrorAsync();
        Assert.Equal(5, host.TokenRequests);
    }

    [Fact]
    public async Task Recovery_is_noticed_within_two_and_a_half_seconds()
    {
        using var host = new CiamHost();
        host.Portal.Outage = CiamPortalFault.ConnectionFailure();
        await FailAsync(host);
        for (var second = 0; second < 60; second += 5)
        {
            host.Clock.AdvanceSeconds(5);
            await host.ErrorAsync();
        }

        host.Portal.Outage = null;
        host.Clock.AdvanceSeconds(2.5);

        await host.TokenAsync();
        Assert.Single(host.Logs.Named("AcquisitionFailed"));
        Assert.Single(host.Logs.Named("Recovered"));
    }

    [Fact]
    public async Task A_ten_second_outage_without_a_token_makes_at_most_eight_requests_under_load()
    {
        using var host = new CiamHost();
        host.Portal.Outage = CiamPortalFault.ConnectionFailure();
        await FailAsync(host);

        for (var tick = 0; tick < 1000; tick++)
        {
            host.Clock.AdvanceSeconds(0.01);
            await host.ErrorAsync();
        }

        Assert.InRange(host.TokenRequests, 6, 8);
    }

    [Fact]
    public async Task A_permanent_failure_is_remembered_longer_than_a_transient_one()
    {
        using var host = new CiamHost();
        host.Portal.Application.IsEnabled = false;
        await host.ErrorAsync();

        host.Clock.AdvanceSeconds(4.9);
        Assert.IsType<CiamTokenError.InvalidClient>(host.ErrorAtOnce());
        host.Portal.Application.IsEnabled = true;
        host.Clock.AdvanceSeconds(1.4);

        await host.TokenAsync();
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task A_failed_refresh_keeps_the_token_and_is_retried_with_growing_pauses()
    {
        using var host = new CiamHost();
        var token = await host.TokenAsync();
        host.Portal.Outage = CiamPortalFault.ConnectionFailure();
        host.Clock.AdvanceSeconds(240);

        var requestedAt = new List<int>();
        for (var second = 0; second <= 40; second++)
        {
            Assert.Same(token, host.TokenAtOnce());
            await host.AcquisitionsCompleteAsync();
            if (host.TokenRequests - 1 > requestedAt.Count)
            {
                requestedAt.Add(second);
            }

            host.Clock.AdvanceSeconds(1);
        }

        // At 0, and then 1, 2, 4, 8, 16 s later, each lengthened by up to a quarter and observed at the next full second.
        Assert.Equal(6, requestedAt.Count);
        Assert.All(
            requestedAt.Zip(requestedAt.Skip(1), (a, b) => b - a).Zip((int[])[1, 2, 4, 8, 16]),
            gap => Assert.InRange(gap.First, gap.Second, Math.Ceiling(gap.Second * 1.25)));
        Assert.Single(host.Logs.Named("RefreshFailed"));
    }

    [Fact]
    public async Task A_ten_second_outage_in_the_refresh_window_fails_no_caller_and_makes_at_most_five_requests()
    {
        using var host = new CiamHost();
        var token = await host.TokenAsync();
        host.Clock.AdvanceSeconds(240);
        host.Portal.Outage = CiamPortalFault.ConnectionFailure();

        for (var tick = 0; tick < 1000; tick++)
        {
            Assert.Same(token, host.TokenAtOnce());
            await host.AcquisitionsCompleteAsync();
            host.Clock.AdvanceSeconds(0.01);
        }

        Assert.InRange(host.TokenRequests - 1, 3, 5);
    }

    [Fact]
    public async Task The_backoff_of_a_failed_refresh_does_not_delay_callers_without_a_token()
    {
        using var host = new CiamHost();
        await host.TokenAsync();
        host.Clock.AdvanceSeconds(283);
        host.Portal.FailNext(CiamPortalFault.ConnectionFailure());
        host.TokenAtOnce();
        await host.AcquisitionsCompleteAsync();

        // The backoff of the background refresh has not ended, and the token has expired.
        host.Clock.StepWallClock(TimeSpan.FromSeconds(100));

        await host.TokenAsync();
        Assert.Equal(3, host.TokenRequests);
    }

    [Fact]
    public async Task The_Retry_After_of_a_failed_refresh_also_applies_to_callers_without_a_token()
    {
        using var host = new CiamHost();
        await host.TokenAsync();
        host.Clock.AdvanceSeconds(283);
        host.Portal.FailNext(CiamPortalFault.TooManyRequests(TimeSpan.FromSeconds(30)));
        host.TokenAtOnce();
        await host.AcquisitionsCompleteAsync();

        host.Clock.AdvanceSeconds(16);
        Assert.Equal(HttpStatusCode.TooManyRequests, host.ErrorAtOnce().StatusCode);
        host.Clock.AdvanceSeconds(14);
        await host.TokenAsync();
        Assert.Equal(3, host.TokenRequests);
    }

    [Fact]
    public async Task One_warning_is_logged_when_Retry_After_leaves_callers_without_a_token()
    {
        using var host = new CiamHost();
        await host.TokenAsync();
        host.Clock.AdvanceSeconds(283);
        host.Portal.Outage = CiamPortalFault.TooManyRequests(TimeSpan.FromSeconds(30));
        host.TokenAtOnce();
        await host.AcquisitionsCompleteAsync();
        host.Clock.AdvanceSeconds(3);
        host.TokenAtOnce();
        Assert.Empty(host.Logs.Named("AcquisitionFailed"));

        host.Clock.AdvanceSeconds(13);
        host.ErrorAtOnce();
        host.ErrorAtOnce();

        Assert.Contains("(token expired)", Assert.Single(host.Logs.Named("AcquisitionFailed")).Message, StringComparison.Ordinal);
        host.Clock.AdvanceSeconds(14);
        await host.ErrorAsync();
        Assert.Single(host.Logs.Named("AcquisitionFailed"));
    }

    [Fact]
    public async Task A_token_in_its_margin_is_used_while_the_portal_is_down()
    {
        using var host = new CiamHost();
        var token = await host.TokenAsync();
        host.Portal.Outage = CiamPortalFault.ConnectionFailure();
        host.Clock.AdvanceSeconds(285);

        var pending = host.TokenAsync();
        await PassAttemptsAsync(host);

        Assert.Same(token, await pending);
        Assert.Same(token, host.TokenAtOnce());
        host.Clock.AdvanceSeconds(14);
        await host.ErrorAsync();
    }

    [Fact]
    public async Task A_Retry_After_longer_than_AcquisitionTimeout_fails_the_acquisition_immediately()
    {
        using var host = new CiamHost();
        host.Portal.Outage = CiamPortalFault.TooManyRequests(TimeSpan.FromSeconds(31));

        var error = await host.ErrorAsync();

        Assert.Equal(TimeSpan.FromSeconds(31), error.RetryAfter);
        Assert.Equal(1, host.TokenRequests);
        host.Clock.AdvanceSeconds(30.9);
        host.ErrorAtOnce();
        host.Portal.Outage = null;
        host.Clock.AdvanceSeconds(0.1);
        await host.TokenAsync();
    }

    [Fact]
    public async Task A_Retry_After_within_AcquisitionTimeout_is_awaited()
    {
        using var host = new CiamHost();
        host.Portal.FailNext(CiamPortalFault.TooManyRequests(TimeSpan.FromSeconds(5)));

        var pending = host.TokenAsync();
        await host.Clock.TimerAsync(5, 5);
        host.Clock.AdvanceSeconds(5);

        await pending;
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task A_portal_that_never_responds_fails_its_callers_after_AcquisitionTimeout()
    {
        using var host = new CiamHost(configure: options =>
        {
            options.RequestTimeout = TimeSpan.FromMinutes(5);
            options.AcquisitionTimeout = TimeSpan.FromSeconds(7);
        });
        host.Portal.Outage = NoResponse;

        var pending = host.ErrorAsync();
        await host.Clock.TimerAsync(3600, 3600);
        host.Clock.AdvanceSeconds(7);

        var error = await pending;
        Assert.Equal("timeout", error.Code);
        Assert.Contains("within 7 s", error.Message, StringComparison.Ordinal);
        Assert.Contains("AcquisitionTimeout", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_background_refresh_is_retried_once_a_caller_waits_for_it()
    {
        using var host = new CiamHost();
        await host.TokenAsync();
        host.Clock.AdvanceSeconds(283);
        host.Portal.FailNext(NoResponse);
        host.TokenAtOnce();
        await host.Clock.TimerAsync(3600, 3600);

        host.Clock.AdvanceSeconds(5);
        var pending = host.TokenAsync();
        host.Clock.AdvanceSeconds(5);
        host.Clock.Advance(await host.Clock.TimerAsync(0.2, 0.25));

        await pending;
        Assert.Equal(3, host.TokenRequests);
    }

    [Fact]
    public async Task When_the_time_is_up_the_error_is_what_the_portal_said_before()
    {
        using var host = new CiamHost(configure: options => options.AcquisitionTimeout = TimeSpan.FromSeconds(5));
        host.Portal.FailNext(CiamPortalFault.BadGateway());
        host.Portal.FailNext(CiamPortalFault.Hang());
        var pending = host.ErrorAsync();
        host.Clock.Advance(await host.Clock.TimerAsync(0.2, 0.25));
        await host.RequestedAsync(2);
        host.Clock.AdvanceSeconds(5);

        Assert.Equal(CiamTokenErrorCodes.ServerUnavailable, (await pending).Code);
    }

    [Fact]
    public async Task An_HttpClient_that_cannot_be_created_is_handled_like_any_other_failure()
    {
        var fault = new InvalidOperationException("the user's own configuration");
        using var host = new CiamHost(
            services: services => services.AddCiamClientCredentials(_ => { }).ConfigurePrimaryHttpMessageHandler(() => throw fault));

        var error = await FailAsync(host);

        Assert.Equal("request_failed", error.Code);
        Assert.Equal(
            $"No token was requested from the CIAM portal {host.Portal.Authority}, because creating the HttpClient for it failed "
            + "with InvalidOperationException. Check the configuration of the token endpoint's HttpClient: see the inner exception.",
            error.Message);
        Assert.Same(fault, Assert.IsType<CiamTokenError.EndpointUnavailable>(error).Exception);
        Assert.Same(error, host.ErrorAtOnce());
        Assert.Single(host.Logs.Named("AcquisitionFailed"));
    }

    [Fact]
    public async Task A_failed_refresh_is_logged_once_and_failing_callers_are_logged_once()
    {
        using var host = new CiamHost();
        await host.TokenAsync();
        host.Portal.Application.IsEnabled = false;
        host.Clock.AdvanceSeconds(240);
        host.TokenAtOnce();
        await host.AcquisitionsCompleteAsync();
        Assert.Single(host.Logs.Named("RefreshFailed"));
        Assert.Empty(host.Logs.Named("AcquisitionFailed"));

        for (var i = 0; i < 3; i++)
        {
            host.Clock.AdvanceSeconds(100);
            await host.ErrorAsync();
        }

        Assert.Single(host.Logs.Named("RefreshFailed"));
        Assert.Single(host.Logs.Named("AcquisitionFailed"));
    }

    [Fact]
    public async Task A_handler_that_ignores_cancellation_does_not_block_callers_forever()
    {
        var never = new TaskCompletionSource<HttpResponseMessage>();
        using var host = new CiamHost(
            configure: options => options.AcquisitionTimeout = TimeSpan.FromSeconds(7),
            services: services => services.AddCiamClientCredentials(_ => { })
                .ConfigurePrimaryHttpMessageHandler(() => new IgnoresCancellation(never.Task)));

        var pending = host.ErrorAsync();
        await host.Clock.TimerAsync(10, 10);
        host.Clock.AdvanceSeconds(7);

        Assert.Equal("timeout", (await pending).Code);
    }

    [Fact]
    public async Task Tokens_that_arrive_expired_are_not_requested_repeatedly_while_an_older_one_is_valid()
    {
        using var host = new CiamHost();
        var token = await host.TokenAsync();
        host.Portal.Application.AccessTokenLifetime = TimeSpan.FromSeconds(1);
        host.Clock.AdvanceSeconds(240);

        for (var i = 0; i < 100; i++)
        {
            Assert.Same(token, host.TokenAtOnce());
            await host.AcquisitionsCompleteAsync();
        }

        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task Disposal_fails_waiting_callers_with_ObjectDisposedException()
    {
        var host = new CiamHost();
        host.Portal.Outage = NoResponse;
        var tokens = host.Tokens;
        var pending = host.TokenAsync();
        await host.Clock.TimerAsync(3600, 3600);

        host.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => pending);
        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask());
    }

    [Fact]
    public async Task Disposal_replaces_a_remembered_failure_with_ObjectDisposedException()
    {
        var host = new CiamHost();
        var tokens = host.Tokens;
        host.Portal.Application.IsEnabled = false;
        await host.ErrorAsync();

        host.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask());
    }

    [Fact]
    public async Task An_unexpired_token_is_still_returned_after_disposal()
    {
        var host = new CiamHost();
        var tokens = host.Tokens;
        var token = await host.TokenAsync();
        host.Dispose();

        // Fresh, in its refresh window, in its margin: a stopping host still completes the calls in progress.
        foreach (var seconds in (double[])[0, 245, 45])
        {
            host.Clock.AdvanceSeconds(seconds);
            Assert.Same(token, await tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken));
        }

        host.Clock.AdvanceSeconds(10);
        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => tokens.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask());
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task A_caller_waiting_in_the_margin_at_disposal_gets_the_unexpired_token()
    {
        var host = new CiamHost();
        var token = await host.TokenAsync();
        host.Portal.Outage = NoResponse;
        host.Clock.AdvanceSeconds(290);
        var pending = host.TokenAsync();
        Assert.False(pending.IsCompleted);

        host.Dispose();

        Assert.Same(token, await pending);
    }

    [Fact]
    public async Task A_caller_gets_the_unexpired_token_while_the_portal_hangs()
    {
        using var host = new CiamHost();
        var token = await host.TokenAsync();
        host.Portal.Outage = NoResponse;
        host.Clock.AdvanceSeconds(286);
        var pending = host.TokenAsync();

        // Half of the remaining 13 s is left for the call itself.
        var limit = await host.Clock.TimerAsync(6.5, 6.5);
        host.Clock.Advance(limit - TimeSpan.FromMilliseconds(1));
        Assert.False(pending.IsCompleted);
        host.Clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Same(token, await pending);
        Assert.False(host.AcquisitionsCompleteAsync().IsCompleted);
    }

    [Fact]
    public async Task A_caller_that_cancels_while_the_portal_hangs_gets_OperationCanceledException()
    {
        using var host = new CiamHost();
        await host.TokenAsync();
        host.Portal.Outage = NoResponse;
        host.Clock.AdvanceSeconds(286);
        using var cancellation = new CancellationTokenSource();
        var pending = host.Tokens.GetTokenAsync(cancellationToken: cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
    }

    private sealed class IgnoresCancellation(Task<HttpResponseMessage> response) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => response;
    }

    private static async Task<CiamTokenError> FailAsync(CiamHost host)
    {
        var pending = host.ErrorAsync();
        await PassAttemptsAsync(host);
        return await pending;
    }

    private static async Task PassAttemptsAsync(CiamHost host)
    {
        host.Clock.Advance(await host.Clock.TimerAsync(0.2, 0.25));
        host.Clock.Advance(await host.Clock.TimerAsync(0.4, 0.5));
    }
}
