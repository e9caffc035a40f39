using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.Tests.Caching;

public sealed class HeldTokenTests
{
    /// <summary>Enough calls to fall into more than one tick of the machine's coarse clock.</summary>
    private const int Calls = 200_000;

    [Theory]
    [InlineData(-600, true)]
    [InlineData(-3601, false)]
    public void The_fast_freshness_check_on_the_system_clock_agrees_with_both_clocks(int sentAtSeconds, bool isFresh)
    {
        var held = Hold(TimeProvider.System, TimeSpan.FromSeconds(sentAtSeconds));

        Assert.All(Enumerable.Range(0, Calls).Select(_ => held.IsFreshNow(TimeProvider.System)).Distinct(), fresh => Assert.Equal(isFresh, fresh));
    }

    [Fact]
    public void A_custom_clock_is_read_in_every_call()
    {
        var clock = new TestClock();
        var held = Hold(clock, TimeSpan.Zero);
        Assert.True(held.IsFreshNow(clock));

        clock.StepWallClock(TimeSpan.FromHours(1));

        Assert.False(held.IsFreshNow(clock));
    }

    private static HeldToken Hold(TimeProvider clock, TimeSpan sentAt)
        => new(
            new CiamAccessToken("token", TimeSpan.FromHours(2), default),
            ClockReading.Now(clock).Plus(sentAt, clock),
            new RefreshSchedule(TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(2), IsCapped: false),
            keepFor: TimeSpan.Zero,
            clock);
}
