using System.Diagnostics.Metrics;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Testing;
using TencentCiam.TokenClient.Tests.Caching.PropertyTest;
using TencentCiam.TokenClient.Tests.Telemetry;

namespace TencentCiam.TokenClient.Tests.DistributedCache;

/// <summary>Which of several instances requests a token.</summary>
public sealed class ClaimTests
{
    private static readonly byte[] OtherClaim = [1, 2, 3];

    [Fact]
    public async Task Of_64_instances_that_start_at_once_one_requests_a_token()
    {
        var clock = new TimerTrackingClock(() => { });
        using var fleet = new Fleet(instances: 0, clock: clock);
        for (var i = 0; i < 64; i++)
        {
            fleet.Add(pauseBetweenAttempts: true);
        }

        var pending = Enumerable.Range(0, 64).Select(i => fleet.TokenAsync(i)).ToList();
        await AdvanceUntilAllEndAsync(clock, pending);

        Assert.InRange(fleet.TokenRequests, 1, 3);
        Assert.InRange(pending.Select(token => token.Result.Value).Distinct().Count(), 1, 3);
    }

    [Fact]
    public async Task A_caller_waits_a_second_for_the_instance_that_has_claimed_the_request_and_then_requests_itself()
    {
        using var fleet = new Fleet(instances: 1);
        var waiting = fleet.Add(pauseBetweenAttempts: true);
        Claim(fleet);

        var pending = fleet.TokenAsync(waiting);
        for (var i = 0; i < 20; i++)
        {
            await fleet.Clock.TimerAsync(0.05, 0.05);
            Assert.Equal(0, fleet.TokenRequests);
            fleet.Clock.Advance(TimeSpan.FromMilliseconds(50));
        }

        await pending;
        Assert.Equal(1, fleet.TokenRequests);
    }

    [Fact]
    public async Task A_caller_that_waits_for_another_instance_gets_its_token_within_50_milliseconds()
    {
        using var fleet = new Fleet(instances: 1);
        var waiting = fleet.Add(pauseBetweenAttempts: true);
        Claim(fleet);
        var pending = fleet.TokenAsync(waiting);
        await fleet.Clock.TimerAsync(0.05, 0.05);

        var token = await fleet.TokenAsync(0);
        fleet.Clock.Advance(TimeSpan.FromMilliseconds(50));

        Assert.Equal(token.Value, (await pending).Value);
        Assert.Equal(1, fleet.TokenRequests);
    }

    [Fact]
    public async Task A_background_refresh_that_finds_another_instances_claim_looks_again_after_a_second()
    {
        using var fleet = new Fleet();
        var second = fleet.Add(pauseBetweenAttempts: true);
        await fleet.TokenAsync(0);
        var old = await fleet.TokenAsync(second);
        Claim(fleet);
        fleet.Clock.AdvanceSeconds(245);

        Assert.Same(old, await fleet.Tokens(second).GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken));
        await fleet.Clock.TimerAsync(1, 1);
        Assert.Equal(1, fleet.TokenRequests);
        await fleet.TokenAsync(0);
        var refreshed = (await fleet.TokenAsync(0)).Value;
        Assert.NotEqual(old.Value, refreshed);
        fleet.Clock.AdvanceSeconds(1);
        await fleet.EndedAsync(second);

        Assert.Equal(refreshed, (await fleet.TokenAsync(second)).Value);
        Assert.Equal(2, fleet.TokenRequests);
    }

    [Fact]
    public async Task A_claim_that_stays_does_not_keep_a_background_refresh_from_its_request_beyond_the_RequestTimeout()
    {
        using var fleet = new Fleet();
        var second = fleet.Add(pauseBetweenAttempts: true);
        await fleet.TokenAsync(0);
        await fleet.TokenAsync(second);
        Claim(fleet);
        fleet.Clock.AdvanceSeconds(245);
        await fleet.Tokens(second).GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);

        for (var i = 0; i < 10; i++)
        {
            await fleet.Clock.TimerAsync(1, 1);
            Assert.Equal(1, fleet.TokenRequests);
            fleet.Clock.AdvanceSeconds(1);
        }

        await fleet.EndedAsync(second);
        Assert.Equal(2, fleet.TokenRequests);
    }

    [Fact]
    public async Task The_wait_for_another_instance_ends_when_the_token_at_hand_can_no_longer_be_attached()
    {
        using var fleet = new Fleet();
        var second = fleet.Add(pauseBetweenAttempts: true);
        await fleet.TokenAsync(0);
        await fleet.TokenAsync(second);
        Claim(fleet);

        // The token may be attached until 284.05 s.
        fleet.Clock.AdvanceSeconds(283.5);
        await fleet.Tokens(second).GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);
        var pause = await fleet.Clock.TimerAsync(0.4, 0.6);
        fleet.Clock.Advance(pause);
        await fleet.EndedAsync(second);

        Assert.Equal(2, fleet.TokenRequests);
    }

    [Fact]
    public async Task A_claim_is_withdrawn_after_a_failed_request_too_and_expires_with_the_RequestTimeout()
    {
        using var fleet = new Fleet();
        fleet.Portal.FailNext(CiamPortalFault.OAuthError("invalid_client"));
        await Assert.ThrowsAsync<CiamTokenException>(() => fleet.TokenAsync());

        Assert.Empty(fleet.Cache.Entries);
        Assert.Contains("remove claim", fleet.Cache.Calls);
        var claim = Assert.Single(fleet.Cache.Lifetimes, lifetime => lifetime.Key.EndsWith(":claim", StringComparison.Ordinal));
        Assert.Equal(TimeSpan.FromSeconds(10), claim.Value);
    }

    [Fact]
    public async Task An_instance_whose_claim_is_overwritten_does_not_request()
    {
        using var fleet = new Fleet(instances: 0);
        var instance = fleet.Add(pauseBetweenAttempts: true);
        var pending = fleet.TokenAsync(instance);
        await fleet.Clock.TimerAsync(0.025, 0.025);

        var claim = Assert.Single(fleet.Cache.Entries.Keys);
        fleet.Cache.Entries[claim] = OtherClaim;
        fleet.Clock.Advance(TimeSpan.FromMilliseconds(25));
        await fleet.Clock.TimerAsync(0.05, 0.05);

        Assert.Equal(0, fleet.TokenRequests);
        var token = await fleet.TokenAsync(fleet.Add());
        fleet.Clock.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal(token.Value, (await pending).Value);
    }

    [Fact]
    public async Task A_claim_is_withdrawn_although_the_cache_did_not_say_whether_it_stands()
    {
        using var fleet = new Fleet();
        var claimReads = 0;
        fleet.Cache.Before = () => fleet.Cache.Calls.Last() == "get claim" && ++claimReads == 2
            ? throw new InvalidOperationException()
            : Task.CompletedTask;

        await fleet.TokenAsync();

        Assert.Equal(fleet.Cache.TokenKeys, fleet.Cache.Entries.Keys);
    }

    [Fact]
    public async Task An_instance_does_not_wait_for_its_own_claim_that_it_could_not_withdraw()
    {
        using var fleet = new Fleet(instances: 0);
        var instance = fleet.Add(pauseBetweenAttempts: true);
        fleet.Portal.FailNext(CiamPortalFault.TemporarilyUnavailable());
        var removals = 0;
        fleet.Cache.Before = () => fleet.Cache.Calls.Last() == "remove claim" && ++removals == 1
            ? throw new InvalidOperationException()
            : Task.CompletedTask;

        var pending = fleet.TokenAsync(instance);
        fleet.Clock.Advance(await fleet.Clock.TimerAsync(0.025, 0.025));
        fleet.Clock.Advance(await fleet.Clock.TimerAsync(0.2, 0.249));
        fleet.Clock.Advance(await fleet.Clock.TimerAsync(0.025, 0.025));
        await pending;

        Assert.Equal(2, fleet.TokenRequests);
    }

    [Fact]
    public async Task A_caller_waits_a_second_for_another_instance_with_the_time_that_a_slow_cache_takes()
    {
        var clock = new TimerTrackingClock(() => { });
        using var fleet = new Fleet(instances: 0, clock: clock);
        var instance = fleet.Add(pauseBetweenAttempts: true);
        Claim(fleet);
        fleet.Cache.Before = () => fleet.TokenRequests == 0 ? Task.Delay(TimeSpan.FromMilliseconds(100), clock) : Task.CompletedTask;
        var start = clock.Now.Monotonic;

        await AdvanceUntilAllEndAsync(clock, [fleet.TokenAsync(instance)]);

        Assert.InRange(clock.Now.Monotonic - start, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.25));
    }

    [Fact]
    public async Task A_caller_that_joins_a_background_refresh_is_not_kept_waiting_by_its_longer_pauses()
    {
        using var fleet = new Fleet();
        var second = fleet.Add(pauseBetweenAttempts: true);
        await fleet.TokenAsync(0);
        var old = await fleet.TokenAsync(second);
        Claim(fleet);
        fleet.Clock.AdvanceSeconds(245);
        await fleet.Tokens(second).GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);
        await fleet.Clock.TimerAsync(1, 1);

        fleet.Tokens(second).Invalidate(old);
        var pending = fleet.TokenAsync(second);
        for (var i = 0; i < 20; i++)
        {
            fleet.Clock.Advance(await fleet.Clock.TimerAsync(0.05, 0.05));
        }

        Assert.NotEqual(old.Value, (await pending).Value);
    }

    [Fact]
    public async Task An_instance_that_is_disposed_during_its_request_withdraws_its_claim()
    {
        using var fleet = new Fleet();
        fleet.Portal.Outage = CiamPortalFault.Hang();
        var provider = (CiamTokenProvider)fleet.Tokens(0);
        var pending = provider.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await fleet.Clock.TimerAsync(10, 10);
        Assert.Contains(fleet.Protection.ClaimKey, fleet.Cache.Entries.Keys);
        var acquisition = provider.LatestAcquisitions.Values.Single();

        await ((ServiceProvider)fleet.Services(0)).DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pending);
        await acquisition!.Ended;

        Assert.Empty(fleet.Cache.Entries);
    }

    [Fact]
    public async Task A_failed_request_is_measured_although_another_instance_has_a_token_by_then()
    {
        using var fleet = new Fleet(instances: 2);
        var token = await fleet.TokenAsync(1);
        var entry = fleet.Cache.Entries.Single();
        fleet.Cache.Entries.Clear();
        fleet.Portal.FailNext(CiamPortalFault.TemporarilyUnavailable());
        fleet.Cache.Before = () =>
        {
            if (fleet.TokenRequests == 2)
            {
                fleet.Cache.Entries[entry.Key] = entry.Value;
            }

            return Task.CompletedTask;
        };
        using var collector = new TelemetryCollector(fleet.Services(0).GetRequiredService<IMeterFactory>());

        Assert.Equal(token.Value, (await fleet.TokenAsync(0)).Value);

        Assert.Contains("error.type=", Assert.Single(collector.Of("ciam.token.request.duration")).Tags, StringComparison.Ordinal);
    }

    [Fact]
    public async Task During_an_outage_of_the_portal_the_instances_fail_as_without_a_cache_and_recover_through_it()
    {
        using var fleet = new Fleet(instances: 3);
        fleet.Portal.Outage = CiamPortalFault.TemporarilyUnavailable();
        for (var i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<CiamTokenException>(() => fleet.TokenAsync(i));
        }

        fleet.Portal.Outage = null;
        fleet.Clock.AdvanceSeconds(2);
        var requests = fleet.TokenRequests;
        for (var i = 0; i < 3; i++)
        {
            await fleet.TokenAsync(i);
        }

        Assert.Equal(requests + 1, fleet.TokenRequests);
    }

    /// <summary>Another instance claims the request, and never ends.</summary>
    private static void Claim(Fleet fleet) => fleet.Cache.Entries[fleet.Protection.ClaimKey] = OtherClaim;

    /// <summary>Advances from timer to timer, each time when all acquisitions that have not ended pause.</summary>
    private static async Task AdvanceUntilAllEndAsync(TimerTrackingClock clock, IReadOnlyList<Task> pending)
    {
        while (pending.Count(task => !task.IsCompleted) is var running and > 0)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            if (clock.Pauses >= running)
            {
                clock.Advance(clock.NextTimer!.Value - clock.Now.Monotonic);
            }
            else
            {
                await Task.Yield();
            }
        }

        await Task.WhenAll(pending);
    }
}
