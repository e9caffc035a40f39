namespace TencentCiam.TokenClient.InterleavingTests;

/// <summary>
/// A clock that moves only when the test advances it. Short timers, which end pauses and waits, fire at a moment that Coyote
/// chooses; long ones, which end acquisitions, never do. Those that are set later, which keep a slot warm, fire when the test says.
/// </summary>
internal sealed class ControlledClock : TimeProvider
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(10);

    private readonly List<ControlledTimer> _setLater = [];

    private DateTimeOffset _now = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);

    /// <summary>Whether any timer has fired: a pause or a caller's wait may have ended.</summary>
    public bool HasFired { get; private set; }

    /// <summary>How many of the timers that are set later are set now.</summary>
    public int SetTimers
    {
        get
        {
            lock (_setLater)
            {
                return _setLater.Count(timer => timer.IsSet);
            }
        }
    }

    public void Advance(TimeSpan span) => _now += span;

    /// <summary>Fires the timers that were set later.</summary>
    public void FireSetTimers()
    {
        ControlledTimer[] timers;
        lock (_setLater)
        {
            timers = [.. _setLater.Where(timer => timer.IsSet)];
        }

        foreach (var timer in timers)
        {
            timer.Fire();
        }
    }

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ControlledTimer(() => callback(state));
        if (dueTime == Timeout.InfiniteTimeSpan)
        {
            lock (_setLater)
            {
                _setLater.Add(timer);
            }
        }
        else if (dueTime <= Short)
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

    // Without a lock: the framework disposes its timers on threads that Coyote does not control.
    private sealed class ControlledTimer(Action callback) : ITimer
    {
        private int _isSet;

        public bool IsDisposed { get; private set; }

        public bool IsSet => Volatile.Read(ref _isSet) == 1 && !IsDisposed;

        public void Fire()
        {
            if (!IsDisposed && Interlocked.Exchange(ref _isSet, 0) == 1)
            {
                callback();
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Volatile.Write(ref _isSet, dueTime == Timeout.InfiniteTimeSpan ? 0 : 1);
            return true;
        }

        public void Dispose() => IsDisposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
