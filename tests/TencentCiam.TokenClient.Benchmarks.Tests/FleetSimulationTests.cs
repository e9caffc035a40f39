using TencentCiam.TokenClient.Benchmarks.Simulation;

namespace TencentCiam.TokenClient.Benchmarks.Tests;

public sealed class FleetSimulationTests
{
    private static readonly FleetSettings Fleet = new(
        Instances: 100,
        Lifetime: TimeSpan.FromSeconds(299),
        PortalLatency: TimeSpan.FromSeconds(2),
        CacheLatency: TimeSpan.FromMilliseconds(1));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    public void A_fleet_without_claims_sends_as_many_requests_as_the_law_expects(int instances)
    {
        var settings = Fleet with { Instances = instances, UsesClaims = false };

        var run = FleetSimulation.RunLives(settings, lives: 2_000);

        var expected = FleetLaw.Expected(instances, settings.PortalLatency + settings.CacheLatency, settings.Lifetime);
        Assert.InRange(run.RequestsPerLife, expected - (4 * run.StandardError), expected + (4 * run.StandardError));
    }

    [Fact]
    public void A_fleet_with_claims_sends_hardly_more_than_one_request_per_life()
    {
        var run = FleetSimulation.RunLives(Fleet, lives: 500);

        Assert.InRange(run.RequestsPerLife, 1, 1.05);
    }

    [Fact]
    public void Instances_that_start_together_send_at_most_three_requests_to_a_portal_that_responds_within_a_second()
    {
        var settings = Fleet with { Instances = 1_000, PortalLatency = TimeSpan.FromSeconds(0.9) };

        Assert.InRange(FleetSimulation.RunColdStart(settings), 1, 3);
    }

    [Fact]
    public void Instances_that_start_together_do_not_wait_for_a_portal_that_takes_longer_than_a_second()
        => Assert.Equal(100, FleetSimulation.RunColdStart(Fleet));

    [Fact]
    public void A_claim_does_not_exclude_others_when_the_cache_takes_longer_than_the_pause_after_it()
    {
        var settings = Fleet with { CacheLatency = TimeSpan.FromMilliseconds(100), Lifetime = TimeSpan.FromSeconds(10) };

        Assert.True(FleetSimulation.RunLives(settings, lives: 500).RequestsPerLife > 1);
    }

    [Fact]
    public void The_expected_number_grows_with_the_window_but_not_beyond_the_fleet()
    {
        var mean = FleetLaw.JitterMean(Fleet.Lifetime);

        Assert.Equal(Fleet.Lifetime.TotalSeconds / 60, mean.TotalSeconds, tolerance: 1e-6);
        Assert.Equal(1, FleetLaw.Expected(1_000, TimeSpan.Zero, Fleet.Lifetime));
        Assert.Equal(Math.E, FleetLaw.Expected(1_000, mean, Fleet.Lifetime), tolerance: 1e-6);
        Assert.Equal(1_000, FleetLaw.Expected(1_000, mean * 100, Fleet.Lifetime), tolerance: 1e-6);
    }
}
