using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Testing;
using TencentCiam.TokenClient.Tests.Telemetry;

namespace TencentCiam.TokenClient.Tests.DistributedCache;

/// <summary>The cache may be slow, down or full of rubbish.</summary>
public sealed class SharedCacheFailureTests
{
    [Fact]
    public async Task A_cache_that_does_not_respond_delays_a_call_by_its_Timeout_only()
    {
        using var fleet = new Fleet();
        var never = new TaskCompletionSource<bool>();
        fleet.Cache.Before = () => never.Task;

        var pending = fleet.Tokens(0).GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await fleet.Clock.TimerAsync(0.25, 0.25);
        fleet.Clock.Advance(TimeSpan.FromMilliseconds(250));
        await pending;

        Assert.Equal(1, fleet.TokenRequests);
        never.SetResult(true);
    }

    // Some caches connect when they are created.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cache_that_cannot_be_created_fails_no_call(bool synchronously)
    {
        using var fleet = new Fleet { BeforeCreatingCache = () => throw new InvalidTimeZoneException("down") };

        _ = synchronously
            ? ((CiamTokenProvider)fleet.Tokens(0)).GetToken(null, TestContext.Current.CancellationToken)
            : await fleet.TokenAsync();
        await fleet.EndedAsync();

        Assert.Equal(1, fleet.TokenRequests);
        fleet.BeforeCreatingCache = () => { };
        fleet.Clock.AdvanceSeconds(300);
        await fleet.TokenAsync();
        Assert.Equal(2, fleet.TokenRequests);
        Assert.Single(fleet.Cache.TokenKeys);
    }

    [Fact]
    public async Task A_cache_whose_creation_blocks_delays_a_call_by_its_Timeout_only()
    {
        using var release = new ManualResetEventSlim();
        using var fleet = new Fleet { BeforeCreatingCache = () => release.Wait(TestContext.Current.CancellationToken) };

        var pending = fleet.Tokens(0).GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await fleet.Clock.TimerAsync(0.25, 0.25);
        fleet.Clock.Advance(TimeSpan.FromMilliseconds(250));
        await pending;

        Assert.Equal(1, fleet.TokenRequests);
        release.Set();
    }

    [Fact]
    public async Task The_Timeout_can_be_set()
    {
        using var fleet = new Fleet(configure: options => options.Timeout = TimeSpan.FromSeconds(2));
        var never = new TaskCompletionSource<bool>();
        fleet.Cache.Before = () => never.Task;

        var pending = fleet.Tokens(0).GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await fleet.Clock.TimerAsync(2, 2);
        fleet.Clock.AdvanceSeconds(2);
        await pending;
        never.SetResult(true);
    }

    [Fact]
    public async Task A_Timeout_longer_than_the_AcquisitionTimeout_leaves_time_for_the_portal()
    {
        using var fleet = new Fleet(configure: options => options.Timeout = TimeSpan.FromMinutes(1));
        var never = new TaskCompletionSource<bool>();
        fleet.Cache.Before = () => never.Task;

        var pending = fleet.Tokens(0).GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        fleet.Clock.Advance(await fleet.Clock.TimerAsync(0.1, 29));
        await pending;

        Assert.Equal(1, fleet.TokenRequests);
        never.SetResult(true);
    }

    [Fact]
    public async Task A_cache_that_blocks_a_thread_delays_a_call_by_its_Timeout_only()
    {
        using var fleet = new Fleet();
        using var release = new ManualResetEventSlim();
        fleet.Cache.Before = () =>
        {
            release.Wait(CancellationToken.None);
            return Task.CompletedTask;
        };

        var pending = fleet.Tokens(0).GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await fleet.Clock.TimerAsync(0.25, 0.25);
        fleet.Clock.Advance(TimeSpan.FromMilliseconds(250));
        await pending;
        release.Set();
    }

    [Fact]
    public async Task After_two_failures_in_a_row_the_cache_is_left_alone_for_5_seconds_doubling_to_60()
    {
        using var fleet = new Fleet(lifetimeSeconds: 1);
        fleet.Cache.Before = () => throw new InvalidOperationException();
        await fleet.TokenAsync();
        fleet.Clock.AdvanceSeconds(1);
        await fleet.TokenAsync();

        List<double> pauses = [];
        var (calls, since) = (fleet.Cache.Calls.Count, 0.0);
        while (pauses.Count < 6)
        {
            fleet.Clock.AdvanceSeconds(1);
            since++;
            await fleet.TokenAsync();
            if (fleet.Cache.Calls.Count > calls)
            {
                pauses.Add(since);
                (calls, since) = (fleet.Cache.Calls.Count, 0);
            }
        }

        Assert.Equal([5, 10, 20, 40, 60, 60], pauses);
        var warning = Assert.Single(fleet.Logs.Named("SharedCacheUnavailable"));
        Assert.IsType<InvalidOperationException>(warning.Exception);
    }

    [Fact]
    public async Task A_single_failure_is_tolerated_and_the_next_call_uses_the_cache_again()
    {
        using var fleet = new Fleet(instances: 2);
        await fleet.TokenAsync(1);
        var calls = 0;
        fleet.Cache.Before = () => ++calls == 1 ? throw new InvalidOperationException() : Task.CompletedTask;
        await fleet.TokenAsync(0, "orders.read");

        Assert.Equal(
            (await fleet.TokenAsync(1)).Value,
            (await fleet.TokenAsync(0)).Value);
        Assert.Empty(fleet.Logs.Named("SharedCacheUnavailable"));
    }

    [Fact]
    public async Task The_recovery_of_the_cache_is_logged_once()
    {
        using var fleet = new Fleet(lifetimeSeconds: 1);
        fleet.Cache.Before = () => throw new InvalidOperationException();
        for (var i = 0; i < 3; i++)
        {
            await fleet.TokenAsync();
            fleet.Clock.AdvanceSeconds(1);
        }

        fleet.Cache.Before = null;
        for (var i = 0; i < 8; i++)
        {
            await fleet.TokenAsync();
            fleet.Clock.AdvanceSeconds(1);
        }

        while (!fleet.Logs.Named("SharedCacheRecovered").Any())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Single(fleet.Logs.Named("SharedCacheRecovered"));
    }

    [Fact]
    public async Task Rubbish_in_the_cache_is_rejected_with_one_warning_and_replaced()
    {
        using var fleet = new Fleet(instances: 2);
        fleet.Cache.Entries[fleet.Protection.TokenKey] = [1, 2, 3];

        var token = await fleet.TokenAsync(0);

        Assert.Equal(1, fleet.TokenRequests);
        Assert.Equal(token.Value, (await fleet.TokenAsync(1)).Value);
        Assert.Contains("clocks", Assert.Single(fleet.Logs.Named("SharedTokenRejected")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_instance_whose_clock_is_a_minute_behind_rejects_the_tokens_of_the_others_but_fails_no_call()
    {
        using var fleet = new Fleet();
        var behind = new TestClock();
        behind.StepWallClock(TimeSpan.FromSeconds(-60));
        var slow = fleet.Add(clock: behind);
        await fleet.TokenAsync(0);

        await fleet.TokenAsync(slow);

        Assert.Equal(2, fleet.TokenRequests);
        Assert.Single(fleet.Logs.Named("SharedTokenRejected"));
    }

    [Fact]
    public async Task An_instance_whose_clock_is_a_minute_fast_takes_the_tokens_of_the_others_for_older_than_they_are()
    {
        using var fleet = new Fleet();
        var ahead = new TestClock();
        ahead.StepWallClock(TimeSpan.FromSeconds(60));
        var fast = fleet.Add(clock: ahead);
        await fleet.TokenAsync(0);
        await fleet.TokenAsync(fast);
        Assert.Equal(1, fleet.TokenRequests);

        ahead.AdvanceSeconds(225);
        fleet.Clock.AdvanceSeconds(225);
        await fleet.TokenAsync(fast);

        Assert.Equal(2, fleet.TokenRequests);
    }

    [Fact]
    public async Task A_synchronous_caller_uses_the_cache_too()
    {
        using var fleet = new Fleet(instances: 2);
        var token = await fleet.TokenAsync(0);

        Assert.Equal(
            token.Value,
            ((CiamTokenProvider)fleet.Tokens(1)).GetToken(scope: null, TestContext.Current.CancellationToken).Value);
        Assert.Equal(1, fleet.TokenRequests);
    }

    [Fact]
    public async Task A_synchronous_caller_waits_no_longer_than_the_Timeout()
    {
        using var fleet = new Fleet();
        using var release = new ManualResetEventSlim();
        fleet.Cache.Before = () =>
        {
            release.Wait(CancellationToken.None);
            return Task.CompletedTask;
        };
        var provider = (CiamTokenProvider)fleet.Tokens(0);

        var pending = Task.Run(() => provider.GetToken(scope: null, CancellationToken.None));
        await fleet.Clock.TimerAsync(0.25, 0.25);
        fleet.Clock.Advance(TimeSpan.FromMilliseconds(250));
        await pending;

        Assert.Equal(1, fleet.TokenRequests);
        release.Set();
    }

    [Fact]
    public async Task Reads_of_the_cache_are_counted_by_outcome()
    {
        using var fleet = new Fleet(instances: 2);
        using var telemetry = new TelemetryCollector(
            fleet.Services(1).GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
        fleet.Cache.Entries[fleet.Protection.TokenKey] = [1];
        await fleet.TokenAsync(1);
        fleet.Clock.AdvanceSeconds(300);
        await fleet.TokenAsync(0);
        await fleet.TokenAsync(1);
        await fleet.TokenAsync(1, "orders.read");
        fleet.Tokens(1).Invalidate(await fleet.TokenAsync(1));
        fleet.Portal.FailNext(CiamPortalFault.OAuthError("invalid_client"));
        await fleet.TokenAsync(1);
        fleet.Cache.Before = () => throw new InvalidOperationException();
        await fleet.TokenAsync(1, "orders.write");

        var outcomes = telemetry.Of("ciam.token.shared_cache.reads").Select(read => read.Tags.Split('=')[^1]).Distinct().Order();
        Assert.Equal(["failed", "hit", "miss", "rejected", "stale"], outcomes);
        Assert.All(
            telemetry.Of("ciam.token.shared_cache.reads"),
            read => Assert.StartsWith("ciam.client=(unnamed)", read.Tags, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_from_the_cache_is_logged_as_such_and_is_no_request()
    {
        using var fleet = new Fleet(instances: 2);
        await fleet.TokenAsync(0);
        using var telemetry = new TelemetryCollector(
            fleet.Services(1).GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
        await fleet.TokenAsync(1);

        Assert.Contains(
            fleet.Logs.Named("TokenAcquired"),
            entry => entry.Message.Contains("(first token, from the shared cache)", StringComparison.Ordinal));
        Assert.Empty(telemetry.Of("ciam.token.request.duration"));
    }
}
