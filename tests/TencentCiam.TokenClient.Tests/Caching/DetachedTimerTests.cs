using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.Tests.Caching;

public sealed class DetachedTimerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_timer_does_not_keep_the_ExecutionContext_of_the_call_that_creates_it(bool isSuppressedAlready)
    {
        var clock = new ObservingClock();
        using var suppressed = isSuppressedAlready ? ExecutionContext.SuppressFlow() : default(IDisposable);

        using var timer = DetachedTimer.Create(clock, static _ => { }, this, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);

        Assert.False(clock.WouldFlow);
        Assert.Equal(isSuppressedAlready, ExecutionContext.IsFlowSuppressed());
    }

    private sealed class ObservingClock : TimeProvider
    {
        public bool WouldFlow { get; private set; } = true;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            WouldFlow = !ExecutionContext.IsFlowSuppressed();
            return System.CreateTimer(callback, state, dueTime, period);
        }
    }
}
