namespace TencentCiam.TokenClient.Caching;

/// <summary>
/// A moment on both clocks. The monotonic one survives steps of the wall clock; the wall clock survives suspend, during
/// which the monotonic one stands still. A token is valid only while both say so.
/// </summary>
/// <param name="Timestamp">On the monotonic clock, in its own ticks.</param>
/// <param name="UtcTicks">On the wall clock.</param>
internal readonly record struct ClockReading(long Timestamp, long UtcTicks)
{
    public static ClockReading Now(TimeProvider timeProvider)
        => new(timeProvider.GetTimestamp(), timeProvider.GetUtcNow().UtcTicks);

    public bool IsBefore(ClockReading end) => Timestamp < end.Timestamp && UtcTicks < end.UtcTicks;

    /// <summary>The time until a moment, by the clock that reaches it first; negative once it has passed.</summary>
    public TimeSpan Until(ClockReading end, TimeProvider timeProvider)
    {
        var monotonic = timeProvider.GetElapsedTime(Timestamp, end.Timestamp);
        var wall = TimeSpan.FromTicks(end.UtcTicks - UtcTicks);
        return TimeSpanMath.Min(monotonic, wall);
    }

    public ClockReading Plus(TimeSpan span, TimeProvider timeProvider)
        => new(
            Timestamp + (long)(span.Ticks * ((double)timeProvider.TimestampFrequency / TimeSpan.TicksPerSecond)),
            UtcTicks + span.Ticks);
}
