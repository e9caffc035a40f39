using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.Tests.Caching;

public sealed class ClockReadingTests
{
    [Theory]
    [InlineData(99, 99, true)]
    [InlineData(100, 99, false)]
    [InlineData(99, 100, false)]
    [InlineData(101, 99, false)]
    [InlineData(99, 101, false)]
    public void A_reading_precedes_another_only_if_both_clocks_say_so(long timestamp, long utcTicks, bool isBefore)
        => Assert.Equal(isBefore, new ClockReading(timestamp, utcTicks).IsBefore(new ClockReading(100, 100)));

    [Theory]
    [InlineData(1_000)]
    [InlineData(1_000_000_000)]
    public void A_span_is_added_in_the_ticks_of_each_clock(long frequency)
        => Assert.Equal(
            new ClockReading(frequency * 3, TimeSpan.TicksPerSecond * 3),
            new ClockReading(frequency, TimeSpan.TicksPerSecond).Plus(TimeSpan.FromSeconds(2), new ClockOf(frequency)));

    private sealed class ClockOf(long frequency) : TimeProvider
    {
        public override long TimestampFrequency => frequency;
    }
}
