namespace TencentCiam.TokenClient.Caching;

/// <summary>
/// Acquires tokens for a slot without a caller, when they are due. One timer, created with the first need and disposed when the
/// slot says that nothing more is needed.
/// </summary>
internal sealed class KeepWarmTimer(TokenSlot slot, TimeProvider timeProvider)
{
    // A timer follows the monotonic clock, which stands still while the machine is suspended: the wall clock is read this often.
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    // Taken before the slot's lock, so that of two concurrent updates the later decision sets the timer.
    private readonly object _gate = new();
    private ITimer? _timer;

    /// <summary>Starts an acquisition if one is due, and sets the timer to the moment at which the next may be due.</summary>
    public void Update()
    {
        TokenAcquisition? due;
        lock (_gate)
        {
            (var pause, due) = slot.DecideWithoutCaller();
            if (pause is not { } wait)
            {
                _timer?.Dispose();
                _timer = null;
                return;
            }

            // Timers drop fractions of a millisecond, and would be called too early.
            var milliseconds = Math.Ceiling(TimeSpanMath.Min(wait, MaxPause).TotalMilliseconds);
            _timer ??= CreateTimer();
            _timer.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
        }

        due?.Start();
    }

    private ITimer CreateTimer()
        => DetachedTimer.Create(
            timeProvider,
            static timer => ((KeepWarmTimer)timer!).Update(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
}
