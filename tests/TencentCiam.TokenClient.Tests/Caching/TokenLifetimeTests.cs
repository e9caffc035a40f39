using System.Diagnostics;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.Caching;

/// <summary>The normal life cycle of a token. A lifetime of 300 s at the portal is 299 s in the response, as with CIAM.</summary>
public sealed class TokenLifetimeTests
{
    // Jitter brings a refresh forward, but never before half the lifetime: up to the first age a token of 299 s is certainly
    // fresh, and from the second age on it is certainly in its refresh window.
    private const double Fresh = 149;
    private const double InRefreshWindow = 240;
    private const double InMargin = 285;

    [Fact]
    public async Task The_first_caller_waits_for_a_token_and_later_callers_do_not()
    {
        using var host = new CiamHost();

        var token = await host.TokenAsync();

        Assert.Equal(TimeSpan.FromSeconds(299), token.Lifetime);
        Assert.Equal("orders.read orders.write", token.Scope);
        Assert.True(host.Portal.IsActive(token.Value));
        for (var i = 0; i < 100; i++)
        {
            Assert.Same(token, host.TokenAtOnce());
        }

        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task A_thousand_callers_without_a_token_cause_one_request()
    {
        using var host = new CiamHost();
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(1)));

        var callers = Enumerable.Range(0, 1000).Select(_ => host.TokenAsync()).ToArray();
        await host.Clock.TimerAsync(1, 1);
        host.Clock.AdvanceSeconds(1);
        var tokens = await Task.WhenAll(callers);

        Assert.Single(tokens.Distinct());
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task A_fresh_token_causes_no_request()
    {
        using var host = new CiamHost();
        var token = await host.TokenAsync();

        host.Clock.AdvanceSeconds(Fresh);

        Assert.Same(token, host.TokenAtOnce());
        await host.AcquisitionsCompleteAsync();
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task In_the_refresh_window_a_new_token_is_acquired_without_anyone_waiting()
    {
        using var host = new CiamHost();
        var old = await host.TokenAsync();

        host.Clock.AdvanceSeconds(InRefreshWindow);
        Assert.Same(old, host.TokenAtOnce());
        await host.AcquisitionsCompleteAsync();

        var refreshed = host.TokenAtOnce();
        Assert.NotSame(old, refreshed);
        Assert.Equal(host.Clock.GetUtcNow().AddSeconds(299), refreshed.ExpiresAt);
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task In_the_refresh_window_a_slow_portal_delays_no_caller_and_receives_one_request()
    {
        using var host = new CiamHost();
        var old = await host.TokenAsync();
        host.Clock.AdvanceSeconds(InRefreshWindow);
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(5)));

        for (var i = 0; i < 100; i++)
        {
            Assert.Same(old, host.TokenAtOnce());
        }

        await host.Clock.TimerAsync(5, 5);
        host.Clock.AdvanceSeconds(5);
        await host.AcquisitionsCompleteAsync();
        Assert.NotSame(old, host.TokenAtOnce());
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task A_token_in_its_margin_is_no_longer_returned()
    {
        using var host = new CiamHost();
        var old = await host.TokenAsync();

        host.Clock.AdvanceSeconds(InMargin);
        var refreshed = await host.TokenAsync();

        Assert.NotSame(old, refreshed);
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task No_token_is_requested_while_nobody_calls()
    {
        using var host = new CiamHost();
        await host.TokenAsync();

        host.Clock.AdvanceSeconds(7 * 24 * 3600);

        await host.AcquisitionsCompleteAsync();
        Assert.Equal(1, host.TokenRequests);
    }

    [Theory]
    [InlineData(300, 16)]
    [InlineData(600, 8)]
    public async Task An_hour_of_steady_load_makes_few_token_requests_and_no_caller_waits(int lifetime, int atMost)
    {
        using var host = new CiamHost(lifetime);
        await host.TokenAsync();

        for (var second = 0; second < 3600; second++)
        {
            host.Clock.AdvanceSeconds(1);
            var token = host.TokenAtOnce();
            Assert.True(host.Portal.IsActive(token.Value));
            await host.AcquisitionsCompleteAsync();
        }

        Assert.InRange(host.TokenRequests, 3600 / lifetime, atMost);
    }

    [Fact]
    public async Task The_lifetime_counts_from_before_the_request_and_not_from_the_response()
    {
        using var host = new CiamHost();
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(9)));
        var before = host.Clock.GetUtcNow();

        var pending = host.TokenAsync();
        await host.Clock.TimerAsync(9, 9);
        host.Clock.AdvanceSeconds(9);
        var token = await pending;

        Assert.Equal(before.AddSeconds(299), token.ExpiresAt);
        host.Clock.AdvanceSeconds(InMargin - 9);
        Assert.NotSame(token, await host.TokenAsync());
    }

    [Fact]
    public async Task A_token_with_zero_lifetime_is_returned_to_waiting_callers_and_not_cached()
    {
        using var host = new CiamHost(lifetimeSeconds: 1);
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(1)));

        var callers = Enumerable.Range(0, 10).Select(_ => host.TokenAsync()).ToArray();
        await host.Clock.TimerAsync(1, 1);
        host.Clock.AdvanceSeconds(1);
        var tokens = await Task.WhenAll(callers);

        Assert.Single(tokens.Distinct());
        Assert.Equal(TimeSpan.Zero, tokens[0].Lifetime);
        Assert.NotSame(tokens[0], await host.TokenAsync());
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task Each_scope_has_its_own_token()
    {
        using var host = new CiamHost();

        var read = await host.TokenAsync("orders.read");
        var write = await host.TokenAsync("orders.write");

        Assert.Equal("orders.read", read.Scope);
        Assert.Equal("orders.write", write.Scope);
        Assert.Same(read, await host.TokenAsync("orders.read"));
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task Requesting_the_clients_own_scope_by_name_shares_its_token()
    {
        using var host = new CiamHost(configure: options => options.Scope = "orders.read");

        Assert.Same(await host.TokenAsync(), await host.TokenAsync("orders.read"));
        Assert.Same(await host.TokenAsync(), await host.TokenAsync(""));
        Assert.Equal("orders.read", host.Portal.Requests.Single().Scope);
    }

    [Fact]
    public async Task A_malformed_scope_fails_without_a_request()
    {
        using var host = new CiamHost();

        var thrown = await Assert.ThrowsAsync<CiamTokenException>(() => host.TokenAsync("a  b"));

        Assert.IsType<CiamTokenError.InvalidScope>(thrown.Error);
        Assert.Equal(0, host.TokenRequests);
    }

    [Fact]
    public async Task A_caller_that_cancels_does_not_cancel_the_others()
    {
        using var host = new CiamHost();
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(1)));
        using var cancellation = new CancellationTokenSource();

        var first = host.Tokens.GetTokenAsync(cancellationToken: cancellation.Token).AsTask();
        var second = host.TokenAsync();
        await host.Clock.TimerAsync(1, 1);
        await cancellation.CancelAsync();
        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(cancellation.Token, thrown.CancellationToken);

        host.Clock.AdvanceSeconds(1);
        await second;
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task A_token_whose_callers_all_cancelled_is_cached_for_the_next_one()
    {
        using var host = new CiamHost();
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(1)));
        using var cancellation = new CancellationTokenSource();

        var only = host.Tokens.GetTokenAsync(cancellationToken: cancellation.Token).AsTask();
        await host.Clock.TimerAsync(1, 1);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => only);
        host.Clock.AdvanceSeconds(1);
        await host.AcquisitionsCompleteAsync();

        host.TokenAtOnce();
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task A_caller_that_is_already_cancelled_starts_no_acquisition()
    {
        using var host = new CiamHost();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => host.Tokens.GetTokenAsync(cancellationToken: new CancellationToken(canceled: true)).AsTask());

        await host.AcquisitionsCompleteAsync();
        Assert.Equal(0, host.TokenRequests);
    }

    [Fact]
    public async Task The_acquisition_does_not_inherit_the_first_callers_context()
    {
        using var host = new CiamHost();
        var ambient = new AsyncLocal<string?>();
        (string? Ambient, Activity? Activity)? seen = null;
        host.Portal.FailNext(CiamPortalFault.Respond(_ =>
        {
            seen = (ambient.Value, Activity.Current?.Parent);
            return new HttpResponseMessage(System.Net.HttpStatusCode.NotFound);
        }));

        ambient.Value = "the first caller's";
        using var activity = new Activity("the first caller's").Start();
        await host.ErrorAsync();

        Assert.Equal((null, null), seen);
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    public async Task A_wall_clock_step_never_keeps_an_expired_token_in_use(int step)
    {
        using var host = new CiamHost();
        var old = await host.TokenAsync();

        host.Clock.StepWallClock(TimeSpan.FromSeconds(step));
        host.Clock.AdvanceSeconds(InMargin);

        Assert.NotSame(old, await host.TokenAsync());
    }

    [Fact]
    public async Task A_token_that_expired_while_the_machine_was_suspended_is_not_returned()
    {
        using var host = new CiamHost();
        var old = await host.TokenAsync();

        host.Clock.StepWallClock(TimeSpan.FromSeconds(InMargin));

        Assert.NotSame(old, await host.TokenAsync());
    }

    [Fact]
    public async Task After_a_wall_clock_step_new_tokens_keep_their_full_lifetime()
    {
        using var host = new CiamHost();
        await host.TokenAsync();
        host.Clock.StepWallClock(TimeSpan.FromSeconds(3600));
        var token = await host.TokenAsync();

        host.Clock.AdvanceSeconds(Fresh);

        Assert.Same(token, host.TokenAtOnce());
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task An_invalidated_token_is_replaced()
    {
        using var host = new CiamHost();
        var invalidated = await host.TokenAsync();
        host.Clock.AdvanceSeconds(30);

        host.Tokens.Invalidate(invalidated);

        Assert.NotSame(invalidated, await host.TokenAsync());
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task Invalidating_a_token_that_was_already_replaced_keeps_the_new_one()
    {
        using var host = new CiamHost();
        var invalidated = await host.TokenAsync();
        host.Clock.AdvanceSeconds(30);
        host.Tokens.Invalidate(invalidated);
        var refreshed = await host.TokenAsync();
        host.Clock.AdvanceSeconds(30);

        host.Tokens.Invalidate(invalidated);

        Assert.Same(refreshed, host.TokenAtOnce());
    }

    [Fact]
    public async Task A_token_of_any_scope_can_be_invalidated()
    {
        using var host = new CiamHost();
        var own = await host.TokenAsync();
        var read = await host.TokenAsync("orders.read");
        host.Clock.AdvanceSeconds(30);

        host.Tokens.Invalidate(read);

        Assert.NotSame(read, await host.TokenAsync("orders.read"));
        Assert.Same(own, await host.TokenAsync());
    }

    [Fact]
    public async Task A_configured_window_and_margin_are_honored()
    {
        using var host = new CiamHost(configure: options =>
        {
            options.RefreshBeforeExpiration = TimeSpan.Zero;
            options.ExpirationMargin = TimeSpan.FromSeconds(100);
        });
        var token = await host.TokenAsync();

        host.Clock.AdvanceSeconds(198.9);
        Assert.Same(token, host.TokenAtOnce());
        await host.AcquisitionsCompleteAsync();
        Assert.Equal(1, host.TokenRequests);
        host.Clock.AdvanceSeconds(0.1);
        Assert.NotSame(token, await host.TokenAsync());
    }

    [Fact]
    public async Task A_window_longer_than_half_the_lifetime_is_capped_with_one_warning()
    {
        using var host = new CiamHost(configure: options => options.RefreshBeforeExpiration = TimeSpan.FromMinutes(5));
        await host.TokenAsync();
        host.Clock.AdvanceSeconds(Fresh);
        host.TokenAtOnce();
        host.Clock.AdvanceSeconds(1);
        host.TokenAtOnce();
        await host.AcquisitionsCompleteAsync();

        Assert.Equal(2, host.TokenRequests);
        Assert.Single(host.Logs.Named("WindowCapped"));
    }
}
