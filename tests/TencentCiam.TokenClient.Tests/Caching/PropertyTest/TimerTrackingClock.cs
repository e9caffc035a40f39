namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>Tracks which timers are set, and which of them are pauses between attempts.</summary>
internal sealed class TimerTrackingClock(Action onTimerSet) : TestClock
{
    private readonly HashSet<TrackedTimer> _timers = [];

    public Instant Now => new(TimeSpan.FromTicks(GetTimestamp()), TimeSpan.FromTicks(GetUtcNow().UtcTicks));

    public int Pauses => Timers.Count(timer => timer.IsPause);

    public TimeSpan? NextTimer => Timers.Select(timer => (TimeSpan?)timer.DueAt).Min();

    private List<TrackedTimer> Timers
    {
        get
        {
            lock (_timers)
            {
                return [.. _timers];
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        // Acquisitions pause with Task.Delay, whose state is a Task. The other timers belong to CancellationTokenSources, for
        // RequestTimeout and AcquisitionTimeout, and to WaitAsync (a Task with a result), for waiting callers.
        var tracked = new TrackedTimer(
            _timers, Now.Monotonic + dueTime, isPause: state is Task { } delay && !delay.GetType().IsGenericType);
        tracked.Timer = base.CreateTimer(
            _ =>
            {
                tracked.Forget();
                callback(state);
            },
            null,
            dueTime,
            period);
        lock (_timers)
        {
            _timers.Add(tracked);
        }

        onTimerSet();
        return tracked;
    }

    private sealed class TrackedTimer(HashSet<TrackedTimer> timers, TimeSpan dueAt, bool isPause) : ITimer
    {
        public TimeSpan DueAt => dueAt;

        public bool IsPause => isPause;

        public ITimer Timer { get; set; } = null!;

        public void Forget()
        {
            lock (timers)
            {
                timers.Remove(this);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose()
        {
            Forget();
            Timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
