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
}
