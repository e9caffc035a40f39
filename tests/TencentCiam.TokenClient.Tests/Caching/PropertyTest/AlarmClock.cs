namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>Knows which timers are set, and which of them are pauses of a acquisition.</summary>
internal sealed class AlarmClock(Action rest) : TestClock
{
    private readonly HashSet<Alarm> _alarms = [];

    public Instant Now => new(TimeSpan.FromTicks(GetTimestamp()), TimeSpan.FromTicks(GetUtcNow().UtcTicks));

    public int Pauses => Alarms.Count(alarm => alarm.IsPause);

    public TimeSpan? NextAlarm => Alarms.Select(alarm => (TimeSpan?)alarm.DueAt).Min();

    private List<Alarm> Alarms
    {
        get
        {
            lock (_alarms)
            {
                return [.. _alarms];
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        // Of Task.Delay, as acquisitions pause. The others are those of CancellationTokenSources, for RequestTimeout and
        // AcquisitionTimeout, and of WaitAsync (a Task of something), for the patience of callers.
        var alarm = new Alarm(_alarms, Now.Steady + dueTime, isPause: state is Task { } delay && !delay.GetType().IsGenericType);
        alarm.Timer = base.CreateTimer(
            _ =>
            {
                alarm.Forget();
                callback(state);
            },
            null,
            dueTime,
            period);
        lock (_alarms)
        {
            _alarms.Add(alarm);
        }

        rest();
        return alarm;
    }

    private sealed class Alarm(HashSet<Alarm> alarms, TimeSpan dueAt, bool isPause) : ITimer
    {
        public TimeSpan DueAt => dueAt;

        public bool IsPause => isPause;

        public ITimer Timer { get; set; } = null!;

        public void Forget()
        {
            lock (alarms)
            {
                alarms.Remove(this);
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
