using System.Net;
using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.Tests.Caching;

/// <summary>What a slot remembers of acquisitions that failed. Nothing is drawn, so that each pause has its shortest length.</summary>
public sealed class FailureMemoryTests
{
    private static readonly CiamTokenError Permanent = new CiamTokenError.InvalidClient(HttpStatusCode.Unauthorized);

    private readonly TestClock _clock = new();
    private readonly FailureMemory _failures;

    public FailureMemoryTests() => _failures = new FailureMemory(_clock, () => 0);

    private ClockReading Now => ClockReading.Now(_clock);

    [Fact]
    public void Without_a_token_to_serve_the_background_waits_until_callers_are_no_longer_given_the_failure()
    {
        _failures.Remember(Permanent, wasAwaited: true, Now);

        Assert.Equal(TimeSpan.FromSeconds(5), _failures.BackgroundPause(Now, hasTokenToServe: false));
        Assert.Equal(TimeSpan.FromSeconds(1), _failures.BackgroundPause(Now, hasTokenToServe: true));
    }

    [Fact]
    public void After_a_failure_that_no_caller_waited_for_the_background_waits_for_its_own_backoff()
    {
        _failures.Remember(Permanent, wasAwaited: false, Now);

        Assert.Equal(TimeSpan.FromSeconds(1), _failures.BackgroundPause(Now, hasTokenToServe: false));
    }

    [Fact]
    public void The_first_of_several_failures_says_since_when_and_the_latest_says_what()
    {
        var first = Now;
        _failures.Remember(Permanent, wasAwaited: true, first);
        _clock.AdvanceSeconds(5);
        var latest = new CiamTokenError.UnauthorizedClient(HttpStatusCode.BadRequest);
        _failures.Remember(latest, wasAwaited: true, Now);

        Assert.Equal((first, latest), (_failures.Since, _failures.Latest));
    }

    [Fact]
    public void A_token_that_had_expired_on_arrival_ends_the_memory_but_delays_the_next_refresh()
    {
        _failures.Remember(Permanent, wasAwaited: true, Now);

        _failures.ForgetButDelayBackgroundRefresh(Now);

        Assert.Null(_failures.Current(Now));
        Assert.False(_failures.HasFailed);
        Assert.False(_failures.AllowsBackgroundRefresh(Now));
        _clock.AdvanceSeconds(1);
        Assert.True(_failures.AllowsBackgroundRefresh(Now));
    }
}
