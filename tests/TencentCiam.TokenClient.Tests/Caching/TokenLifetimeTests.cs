using System.Diagnostics;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.Caching;

/// <summary>The normal life of a token. Lives are CIAM's: 300 s at the portal are 299 s in the answer.</summary>
public sealed class TokenLifetimeTests
{
    // Jitter brings a refresh forward, and never before half the life: up to here a token of 299 s is fresh for sure, and
    // from there on it is in its refresh window for sure.
    private const double SurelyFresh = 149;
    private const double SurelyInRefreshWindow = 240;
    private const double Margin = 285;

    [Fact]
    public async Task The_first_caller_waits_for_a_token_and_the_next_ones_do_not()
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
    public async Task A_thousand_callers_without_a_token_make_one_request()
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
    public async Task While_it_is_fresh_nothing_is_asked_for()
    {
        using var host = new CiamHost();
        var token = await host.TokenAsync();

        host.Clock.AdvanceSeconds(SurelyFresh);

        Assert.Same(token, host.TokenAtOnce());
        await host.AcquisitionsAsync();
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task In_the_refresh_window_a_new_token_comes_without_anyone_waiting()
    {
        using var host = new CiamHost();
        var old = await host.TokenAsync();

        host.Clock.AdvanceSeconds(SurelyInRefreshWindow);
        Assert.Same(old, host.TokenAtOnce());
        await host.AcquisitionsAsync();

        var renewed = host.TokenAtOnce();
        Assert.NotSame(old, renewed);
        Assert.Equal(host.Clock.GetUtcNow().AddSeconds(299), renewed.ExpiresAt);
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task In_the_refresh_window_a_slow_portal_holds_nobody_up_and_is_asked_once()
    {
        using var host = new CiamHost();
        var old = await host.TokenAsync();
        host.Clock.AdvanceSeconds(SurelyInRefreshWindow);
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(5)));

        for (var i = 0; i < 100; i++)
        {
            Assert.Same(old, host.TokenAtOnce());
        }

        await host.Clock.TimerAsync(5, 5);
        host.Clock.AdvanceSeconds(5);
        await host.AcquisitionsAsync();
        Assert.NotSame(old, host.TokenAtOnce());
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task In_its_margin_it_is_not_handed_out_any_more()
    {
        using var host = new CiamHost();
        var old = await host.TokenAsync();

        host.Clock.AdvanceSeconds(Margin);
        var renewed = await host.TokenAsync();

        Assert.NotSame(old, renewed);
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task Nothing_is_asked_for_while_nobody_calls()
    {
        using var host = new CiamHost();
        await host.TokenAsync();

        host.Clock.AdvanceSeconds(7 * 24 * 3600);

        await host.AcquisitionsAsync();
        Assert.Equal(1, host.TokenRequests);
    }

    [Theory]
    [InlineData(300, 16)]
    [InlineData(600, 8)]
    public async Task An_hour_of_steady_load_takes_few_requests_and_no_waiting(int lifetime, int atMost)
    {
        using var host = new CiamHost(lifetime);
        await host.TokenAsync();

        for (var second = 0; second < 3600; second++)
        {
            host.Clock.AdvanceSeconds(1);
            var token = host.TokenAtOnce();
            Assert.True(host.Portal.IsActive(token.Value));
            await host.AcquisitionsAsync();
        }

        Assert.InRange(host.TokenRequests, 3600 / lifetime, atMost);
    }

    [Fact]
    public async Task Its_life_counts_from_before_the_request_and_not_from_the_answer()
    {
        using var host = new CiamHost();
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(9)));
        var before = host.Clock.GetUtcNow();

        var pending = host.TokenAsync();
        await host.Clock.TimerAsync(9, 9);
        host.Clock.AdvanceSeconds(9);
        var token = await pending;

        Assert.Equal(before.AddSeconds(299), token.ExpiresAt);
        host.Clock.AdvanceSeconds(Margin - 9);
        Assert.NotSame(token, await host.TokenAsync());
    }

    [Fact]
    public async Task A_token_of_no_life_serves_those_who_waited_and_is_not_kept()
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
    public async Task Each_scope_has_a_token_of_its_own()
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
    public async Task Asking_for_the_clients_own_scope_is_asking_for_no_other()
    {
        using var host = new CiamHost(configure: options => options.Scope = "orders.read");

        Assert.Same(await host.TokenAsync(), await host.TokenAsync("orders.read"));
        Assert.Same(await host.TokenAsync(), await host.TokenAsync(""));
        Assert.Equal("orders.read", host.Portal.Requests.Single().Scope);
    }

    [Fact]
    public async Task A_malformed_scope_is_refused_without_a_request()
    {
        using var host = new CiamHost();

        var thrown = await Assert.ThrowsAsync<CiamTokenException>(() => host.TokenAsync("a  b"));

        Assert.IsType<CiamTokenError.InvalidScope>(thrown.Error);
        Assert.Equal(0, host.TokenRequests);
    }

    [Fact]
    public async Task A_caller_that_walks_away_leaves_the_others_their_token()
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
    public async Task A_token_that_everyone_walked_away_from_is_kept_for_the_next_caller()
    {
        using var host = new CiamHost();
        host.Portal.FailNext(CiamPortalFault.Delay(TimeSpan.FromSeconds(1)));
        using var cancellation = new CancellationTokenSource();

        var only = host.Tokens.GetTokenAsync(cancellationToken: cancellation.Token).AsTask();
        await host.Clock.TimerAsync(1, 1);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => only);
        host.Clock.AdvanceSeconds(1);
        await host.AcquisitionsAsync();

        host.TokenAtOnce();
        Assert.Equal(1, host.TokenRequests);
    }

    [Fact]
    public async Task A_caller_that_is_cancelled_already_starts_nothing()
    {
        using var host = new CiamHost();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => host.Tokens.GetTokenAsync(cancellationToken: new CancellationToken(canceled: true)).AsTask());

        await host.AcquisitionsAsync();
        Assert.Equal(0, host.TokenRequests);
    }

    [Fact]
    public async Task The_request_carries_nothing_of_the_caller_who_happened_to_be_first()
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
    public async Task A_step_of_the_wall_clock_never_keeps_a_dead_token(int step)
    {
        using var host = new CiamHost();
        var old = await host.TokenAsync();

        host.Clock.StepWallClock(TimeSpan.FromSeconds(step));
        host.Clock.AdvanceSeconds(Margin);

        Assert.NotSame(old, await host.TokenAsync());
    }

    [Fact]
    public async Task A_token_that_expired_while_the_machine_was_suspended_is_not_handed_out()
    {
        using var host = new CiamHost();
        var old = await host.TokenAsync();

        host.Clock.StepWallClock(TimeSpan.FromSeconds(Margin));

        Assert.NotSame(old, await host.TokenAsync());
    }

    [Fact]
    public async Task After_a_step_of_the_wall_clock_new_tokens_live_as_long_as_ever()
    {
        using var host = new CiamHost();
        await host.TokenAsync();
        host.Clock.StepWallClock(TimeSpan.FromSeconds(3600));
        var token = await host.TokenAsync();

        host.Clock.AdvanceSeconds(SurelyFresh);

        Assert.Same(token, host.TokenAtOnce());
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task A_refused_token_is_replaced()
    {
        using var host = new CiamHost();
        var refused = await host.TokenAsync();
        host.Clock.AdvanceSeconds(30);

        host.Tokens.Invalidate(refused);

        Assert.NotSame(refused, await host.TokenAsync());
        Assert.Equal(2, host.TokenRequests);
    }

    [Fact]
    public async Task A_refused_token_that_has_been_replaced_already_leaves_the_new_one_alone()
    {
        using var host = new CiamHost();
        var refused = await host.TokenAsync();
        host.Clock.AdvanceSeconds(30);
        host.Tokens.Invalidate(refused);
        var renewed = await host.TokenAsync();
        host.Clock.AdvanceSeconds(30);

        host.Tokens.Invalidate(refused);

        Assert.Same(renewed, host.TokenAtOnce());
    }

    [Theory]
    [InlineData(300, 9.9, true)]
    [InlineData(300, 10, false)]
    [InlineData(21, 1.9, true)]
    [InlineData(21, 2, false)]
    public async Task A_refused_token_that_is_very_young_stays(int lifetime, double age, bool stays)
    {
        using var host = new CiamHost(lifetime);
        var refused = await host.TokenAsync();
        host.Clock.AdvanceSeconds(age);

        host.Tokens.Invalidate(refused);

        Assert.Equal(stays, ReferenceEquals(refused, await host.TokenAsync()));
    }

    [Fact]
    public async Task A_refused_token_of_any_scope_is_found()
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
    public async Task A_users_own_window_and_margin_hold()
    {
        using var host = new CiamHost(configure: options =>
        {
            options.RefreshBeforeExpiration = TimeSpan.Zero;
            options.ExpirationMargin = TimeSpan.FromSeconds(100);
        });
        var token = await host.TokenAsync();

        host.Clock.AdvanceSeconds(198.9);
        Assert.Same(token, host.TokenAtOnce());
        await host.AcquisitionsAsync();
        Assert.Equal(1, host.TokenRequests);
        host.Clock.AdvanceSeconds(0.1);
        Assert.NotSame(token, await host.TokenAsync());
    }

    [Fact]
    public async Task A_window_of_more_than_half_the_life_is_capped_with_one_warning()
    {
        using var host = new CiamHost(configure: options => options.RefreshBeforeExpiration = TimeSpan.FromMinutes(5));
        await host.TokenAsync();
        host.Clock.AdvanceSeconds(SurelyFresh);
        host.TokenAtOnce();
        host.Clock.AdvanceSeconds(1);
        host.TokenAtOnce();
        await host.AcquisitionsAsync();

        Assert.Equal(2, host.TokenRequests);
        Assert.Single(host.Logs.Named("WindowCapped"));
    }
}
