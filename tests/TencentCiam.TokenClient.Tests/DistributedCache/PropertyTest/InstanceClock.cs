using TencentCiam.TokenClient.Tests.Caching.PropertyTest;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>
/// The clock of one instance: the clock of the run, with a wall clock that is ahead or behind. It counts what the instance's
/// acquisitions wait for.
/// </summary>
internal sealed class InstanceClock(TimerTrackingClock clock, TimeSpan skew, Action onChange) : TimeProvider
{
    private readonly object _gate = new();
    private readonly Dictionary<Wait, (int Set, int Ended)> _waits = new()
    {
        [Wait.Cache] = default,
        [Wait.Pause] = default,
        [Wait.BackgroundPause] = default,
    };

    public TimeSpan Skew => skew;

    public Instant Now => At(clock.Now);

    public override long TimestampFrequency => clock.TimestampFrequency;

    /// <summary>What this clock shows at an instant of the run.</summary>
    public Instant At(Instant instant) => instant with { Wall = instant.Wall + skew };

    /// <summary>How many timers for such waits were set, and how many of them have ended.</summary>
    public (int Set, int Ended) Waits(Wait wait)
    {
        lock (_gate)
        {
            return _waits[wait];
        }
    }

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + skew;

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        // The state is a Task for Task.Delay and WaitAsync. The others are timeouts of requests and acquisitions.
        if (state is not Task task)
        {
            return clock.CreateTimer(callback, state, dueTime, period);
        }

        var call = Call.Current;
        var wait = dueTime == SharedCache.Timeout ? Wait.Cache
            : task.GetType().IsGenericType ? Wait.BackgroundPause
            : Wait.Pause;
        var timer = new CountedTimer(
            onEnd: call is null ? () => Count(wait, set: 0, ended: 1) : call.LimitPassed,
            endsOnDispose: call is null);
        timer.Timer = clock.CreateTimer(
            _ =>
            {
                timer.End();
                callback(state);
            },
            null,
            dueTime,
            period);

        // Last: from then on, time may pass.
        if (call is null)
        {
            Count(wait, set: 1, ended: 0);
        }
        else
        {
            call.LimitSet();
            onChange();
        }

        return timer;
    }

    private void Count(Wait wait, int set, int ended)
    {
        lock (_gate)
        {
            var before = _waits[wait];
            _waits[wait] = (before.Set + set, before.Ended + ended);
        }

        onChange();
    }

    private sealed class CountedTimer(Action onEnd, bool endsOnDispose) : ITimer
    {
        private int _hasEnded;

        public ITimer Timer { get; set; } = null!;

        public void End()
        {
            if (Interlocked.Exchange(ref _hasEnded, 1) == 0)
            {
                onEnd();
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose()
        {
            Timer.Dispose();
            if (endsOnDispose)
            {
                End();
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>What an acquisition waits for, other than the portal.</summary>
internal enum Wait
{
    /// <summary>A call of the cache, up to its timeout.</summary>
    Cache,

    /// <summary>A pause while callers wait.</summary>
    Pause,

    /// <summary>A pause that ends when a caller begins to wait.</summary>
    BackgroundPause,
}
