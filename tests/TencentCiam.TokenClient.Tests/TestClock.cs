using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace TencentCiam.TokenClient.Tests;

/// <summary>A fake clock whose wall can be stepped apart from its monotonic side, and that tells which timers were set.</summary>
internal class TestClock() : FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero))
{
    private readonly Channel<TimeSpan> _timers = Channel.CreateUnbounded<TimeSpan>();
    private TimeSpan _step;

    /// <summary>The wall clock is set, or the machine was suspended: the monotonic clock knows nothing of it.</summary>
    public void StepWallClock(TimeSpan step) => _step += step;

    /// <summary>Waits until a timer within these bounds is set, and returns its due time.</summary>
    public async Task<TimeSpan> TimerAsync(double fromSeconds, double toSeconds)
    {
        while (true)
        {
            // The limit is that of real time, and only for a timer that never comes: better a failure than a hanging run.
            var due = await _timers.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            if (due >= TimeSpan.FromSeconds(fromSeconds) && due <= TimeSpan.FromSeconds(toSeconds))
            {
                return due;
            }
        }
    }

    public void AdvanceSeconds(double seconds) => Advance(TimeSpan.FromSeconds(seconds));

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _step;

    // The base class takes it from GetUtcNow().
    public override long GetTimestamp() => base.GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _timers.Writer.TryWrite(dueTime);
        return timer;
    }
}
