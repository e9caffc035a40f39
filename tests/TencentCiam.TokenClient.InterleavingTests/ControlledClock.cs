namespace TencentCiam.TokenClient.InterleavingTests;

/// <summary>
/// A clock that moves only when the test advances it. Short timers, which end pauses and waits, fire at a moment that Coyote
/// chooses; long ones, which end acquisitions, never do.
/// </summary>
internal sealed class ControlledClock : TimeProvider
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(10);

    private DateTimeOffset _now = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);

    /// <summary>Whether any timer has fired: a pause or a caller's wait may have ended.</summary>
    public bool HasFired { get; private set; }

    public void Advance(TimeSpan span) => _now += span;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ControlledTimer();
        if (dueTime <= Short)
        {
            _ = Task.Run(() =>
            {
                if (!timer.IsDisposed)
                {
                    HasFired = true;
                    callback(state);
                }
            });
        }

        return timer;
    }

    private sealed class ControlledTimer : ITimer
    {
        public bool IsDisposed { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() => IsDisposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
