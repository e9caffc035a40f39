using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.Tests.Caching;

public sealed class BackoffTests
{
    private static readonly CiamTokenError Transient = new CiamTokenError.EndpointUnavailable();
    private static readonly CiamTokenError Permanent = new CiamTokenError.InvalidClient();

    [Fact]
    public void Background_refreshes_are_retried_after_1_2_4_8_and_then_every_16_seconds()
    {
        Assert.Equal(
            [1, 2, 4, 8, 16, 16, 16],
            Enumerable.Range(0, 7).Select(failures => Backoff.BackgroundRefresh(failures, 0, null).TotalSeconds));
    }

    [Fact]
    public void A_transient_failure_is_remembered_for_1_second_and_then_for_2()
    {
        Assert.Equal(
            [1, 2, 2, 2],
            Enumerable.Range(0, 4).Select(failures => Backoff.Remembered(Transient, failures, 0).TotalSeconds));
    }

    [Fact]
    public void A_permanent_failure_is_remembered_for_5_seconds_doubling_to_60()
    {
        Assert.Equal(
            [5, 10, 20, 40, 60, 60, 60],
            Enumerable.Range(0, 7).Select(failures => Backoff.Remembered(Permanent, failures, 0).TotalSeconds));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 1.125)]
    [InlineData(0.999999, 1.25)]
    public void Jitter_lengthens_a_pause_by_at_most_a_quarter(double draw, double seconds)
    {
        Assert.Equal(seconds, Backoff.Remembered(Transient, 0, draw).TotalSeconds, tolerance: 0.001);
        Assert.Equal(seconds, Backoff.BackgroundRefresh(0, draw, null).TotalSeconds, tolerance: 0.001);
        Assert.Equal(seconds / 5, Backoff.BetweenAttempts(0, draw).TotalSeconds, tolerance: 0.001);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(90, 90)]
    [InlineData(3600, 3600)]
    [InlineData(1e7, 3600)]
    public void Retry_After_overrides_the_backoff_up_to_an_hour(double retryAfter, double seconds)
    {
        var error = new CiamTokenError.EndpointUnavailable(retryAfter: TimeSpan.FromSeconds(retryAfter));

        Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.Remembered(error, 3, 0.5));
        Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.BackgroundRefresh(3, 0.5, error.RetryAfter));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 10)]
    [InlineData(2, 20)]
    [InlineData(4, 80)]
    [InlineData(5, 150)]
    [InlineData(100, 150)]
    public void A_token_that_replaced_a_rejected_one_is_kept_for_10_seconds_doubling_to_half_of_its_lifetime(
        int rejections, double seconds)
    {
        Assert.Equal(seconds, Backoff.KeepReplacement(TimeSpan.FromSeconds(300), rejections).TotalSeconds);
    }

    [Fact]
    public void A_Retry_After_of_zero_is_ignored()
    {
        var error = new CiamTokenError.EndpointUnavailable(retryAfter: TimeSpan.Zero);

        Assert.Equal(TimeSpan.FromSeconds(1), Backoff.Remembered(error, 0, 0));
        Assert.Equal(TimeSpan.FromSeconds(1), Backoff.BackgroundRefresh(0, 0, error.RetryAfter));
    }

    [Fact]
    public void The_attempts_of_one_acquisition_pause_for_less_than_a_second_in_total()
    {
        Assert.True(Backoff.BetweenAttempts(0, 1) + Backoff.BetweenAttempts(1, 1) < TimeSpan.FromSeconds(1));
    }
}
