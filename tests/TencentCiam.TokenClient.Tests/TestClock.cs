using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace TencentCiam.TokenClient.Tests;

/// <summary>A fake clock whose wall clock can be stepped without its monotonic clock, and that reports which timers were set.</summary>
internal class TestClock() : FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero))
{
    private readonly Channel<(TimeSpan Due, PendingTimer Timer)> _timers = Channel.CreateUnbounded<(TimeSpan, PendingTimer)>();
    private TimeSpan _step;
    private int _isRunning;

    /// <summary>
    /// Runs during each reading, but not within itself. The base class runs the timers that are due when it is read, on the
    /// thread that reads it.
    /// </summary>
    public Action? DuringReading { get; set; }

    /// <summary>Steps the wall clock only, as when it is set or the machine was suspended.</summary>
    public void StepWallClock(TimeSpan step) => _step += step;

    /// <summary>Waits until a timer within these bounds is pending, and returns its due time. Each timer counts once.</summary>
    public async Task<TimeSpan> TimerAsync(double fromSeconds, double toSeconds)
    {
        while (true)
        {
            // The limit is in real time and only for a timer that is never set: the test fails instead of hanging.
            var (due, timer) = await _timers.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            if (due >= TimeSpan.FromSeconds(fromSeconds) && due <= TimeSpan.FromSeconds(toSeconds) && !timer.HasEnded)
            {
                return due;
            }
        }
    }

    public void AdvanceSeconds(double seconds) => Advance(TimeSpan.FromSeconds(seconds));

    public override DateTimeOffset GetUtcNow() => Read() + _step;

    // The base class derives it from GetUtcNow().
    public override long GetTimestamp() => Read().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new PendingTimer();
        timer.Timer = base.CreateTimer(
            _ =>
            {
                timer.HasEnded = period <= TimeSpan.Zero;
                callback(state);
            },
            null,
            dueTime,
            period);
        _timers.Writer.TryWrite((dueTime, timer));
        return timer;
    }

    private DateTimeOffset Read()
    {
        var now = base.GetUtcNow();
        if (DuringReading is { } action && Interlocked.Exchange(ref _isRunning, 1) == 0)
        {
            action();
            Volatile.Write(ref _isRunning, 0);
        }

        return now;
    }

    /// <summary>
    /// A timer of the base class that is disposed while it is changed, as by a CancellationTokenSource, can be left without a
    /// callback, and then advancing the clock throws a NullReferenceException.
    /// </summary>
    private sealed class PendingTimer : ITimer
    {
        private readonly object _gate = new();
        private volatile bool _hasEnded;
        private bool _isDisposed;

        public ITimer Timer { get; set; } = null!;

        /// <summary>Whether it was called for the last time or disposed, so that advancing the clock no longer calls it.</summary>
        public bool HasEnded
        {
            get => _hasEnded;
            set => _hasEnded = value;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_gate)
            {
                if (_isDisposed)
                {
                    return false;
                }

                HasEnded = false;
                return Timer.Change(dueTime, period);
            }
        }

        public void Dispose()
        {
            lock (_gate)
            {
                (_isDisposed, HasEnded) = (true, true);
                Timer.Dispose();
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
