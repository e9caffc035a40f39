using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.Tests.Caching;

public sealed class RefreshScheduleTests
{
    [Theory]
    [InlineData(299, 239.2, 284.05)]
    [InlineData(600, 480, 585)]
    [InlineData(3600, 2880, 3585)]
    [InlineData(86400, 69120, 86385)]
    [InlineData(60, 48, 57)]
    [InlineData(20, 16, 19)]
    [InlineData(10, 8, 9)]
    [InlineData(2, 1.6, 1.8)]
    [InlineData(1, 0.8, 0.9)]
    [InlineData(0, 0, 0)]
    public void The_default_windows_scale_with_the_lifetime(double lifetime, double refreshAfter, double attachFor)
    {
        var schedule = For(lifetime);

        Assert.Equal(TimeSpan.FromSeconds(refreshAfter), schedule.RefreshAfter);
        Assert.Equal(TimeSpan.FromSeconds(attachFor), schedule.AttachFor);
        Assert.Equal(TimeSpan.FromSeconds(lifetime), schedule.Lifetime);
        Assert.False(schedule.IsCapped);
    }

    [Fact]
    public void Jitter_brings_the_refresh_forward_by_an_exponential_with_a_mean_of_a_sixtieth_of_the_lifetime()
    {
        // The median of an exponential distribution is its mean times ln 2.
        Assert.Equal(
            TimeSpan.FromSeconds(480 - (10 * Math.Log(2))).TotalSeconds,
            For(600, draw: 0.5).RefreshAfter.TotalSeconds,
            tolerance: 0.001);
    }

    [Fact]
    public void Jitter_never_brings_the_refresh_before_half_the_lifetime()
    {
        Assert.Equal(TimeSpan.FromSeconds(300), For(600, draw: Math.BitDecrement(1.0)).RefreshAfter);
    }

    [Theory]
    [InlineData(60.0, null, 239, 284.05, false)]
    [InlineData(149.5, null, 149.5, 284.05, false)]
    [InlineData(150.0, null, 149.5, 284.05, true)]
    [InlineData(86400.0, null, 149.5, 284.05, true)]
    [InlineData(null, 30.0, 239.2, 269, false)]
    [InlineData(null, 150.0, 149.5, 149.5, true)]
    [InlineData(null, 0.0, 239.2, 299, false)]
    [InlineData(null, 100.0, 199, 199, false)]
    public void A_configured_window_or_margin_is_capped_at_half_the_lifetime(
        double? window,
        double? margin,
        double refreshAfter,
        double attachFor,
        bool isCapped)
    {
        var schedule = RefreshSchedule.For(
            TimeSpan.FromSeconds(299),
            window is null ? null : TimeSpan.FromSeconds(window.Value),
            margin is null ? null : TimeSpan.FromSeconds(margin.Value),
            draw: 0);

        Assert.Equal(TimeSpan.FromSeconds(refreshAfter), schedule.RefreshAfter);
        Assert.Equal(TimeSpan.FromSeconds(attachFor), schedule.AttachFor);
        Assert.Equal(isCapped, schedule.IsCapped);
    }

    [Fact]
    public void A_window_of_zero_disables_background_refresh_whatever_the_jitter()
    {
        var schedule = RefreshSchedule.For(TimeSpan.FromSeconds(300), TimeSpan.Zero, null, draw: 0.9);

        Assert.Equal(schedule.AttachFor, schedule.RefreshAfter);
    }

    private static RefreshSchedule For(double lifetime, double draw = 0)
        => RefreshSchedule.For(TimeSpan.FromSeconds(lifetime), null, null, draw);
}
