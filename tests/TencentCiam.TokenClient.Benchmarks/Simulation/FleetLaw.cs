using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.Benchmarks.Simulation;

/// <summary>
/// How many of N instances reach their refresh moment within a time w of the first one. Each moment is a fixed one minus an
/// exponential jitter of mean m. Seen from the largest of N such jitters, the gap to the next one has mean m / 1, the one after
/// that m / 2, and so on: as in a population that grows at the rate 1 / m for each member. The sum of the first k gaps is
/// distributed like the largest of k jitters, so it is less than w with probability q^k, where q = 1 - e^(-w / m). The expected
/// number is therefore the sum of q^k for k from 0 to N - 1. It never exceeds e^(w / m), however many instances there are.
/// </summary>
internal static class FleetLaw
{
    public static double Expected(int instances, TimeSpan window, TimeSpan lifetime)
    {
        var q = 1 - Math.Exp(-window / JitterMean(lifetime));
        var (expected, power) = (0.0, 1.0);
        for (var k = 0; k < instances && power > double.Epsilon; k++, power *= q)
        {
            expected += power;
        }

        return expected;
    }

    /// <summary>What the jitter of the library's schedule is on average: as large as its quantile at 1 - 1 / e.</summary>
    public static TimeSpan JitterMean(TimeSpan lifetime) => RefreshAfter(lifetime, 0) - RefreshAfter(lifetime, 1 - (1 / Math.E));

    private static TimeSpan RefreshAfter(TimeSpan lifetime, double draw)
        => RefreshSchedule.For(lifetime, refreshBeforeExpiration: null, expirationMargin: null, draw).RefreshAfter;
}
