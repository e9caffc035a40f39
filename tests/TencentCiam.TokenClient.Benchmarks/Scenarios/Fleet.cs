using System.Globalization;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;
using TencentCiam.TokenClient.Benchmarks.Simulation;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>
/// This library only, simulated: how many token requests the instances of a fleet send for each life of the token that they
/// share, and how many when all of them start at once.
/// </summary>
internal static class Fleet
{
    public const string Claims = "claims per life, portal 100 ms";
    public const string ClaimsLaw = "law of claims";

    // How many refreshes are simulated for one figure: a large fleet gets fewer lives. Without claims, their requests vary.
    private const int MaxRefreshes = 20_000_000;
    private const int MaxRefreshesWithoutClaims = 50_000_000;
    private const int MaxLives = 4_000;

    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(299);
    private static readonly TimeSpan CacheLatency = TimeSpan.FromMilliseconds(1);

    /// <summary>Where the law ends: the jitter of a short life is not long compared with the calls of the portal or the cache.</summary>
    private static readonly (double Lifetime, double CacheLatency)[] Limits =
        [(299, 25), (299, 100), (10, 1), (10, 25), (10, 100), (3, 1), (3, 25), (3, 100)];

    private const int InstancesAtLimits = 1_000;

    public static IReadOnlyList<TimeSpan> PortalLatencies { get; } = [TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2)];

    public static IReadOnlyList<int> Sizes { get; } = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];

    public static Task<IReadOnlyList<Figure>> RunAsync(Effort effort)
        => Task.FromResult<IReadOnlyList<Figure>>([.. Run(effort == Effort.Full)]);

    public static string NameOf(int instances)
        => string.Create(CultureInfo.InvariantCulture, $"{instances:N0} instance{(instances == 1 ? "" : "s")}");

    public static string WithClaims(TimeSpan portalLatency) => $"with claims, {Portal(portalLatency)}";

    public static string WithoutClaims(TimeSpan portalLatency) => $"without claims, {Portal(portalLatency)}";

    /// <summary>The expected number without claims.</summary>
    public static string Law(TimeSpan portalLatency) => $"law without claims, {Portal(portalLatency)}";

    public static string ColdStart(TimeSpan portalLatency) => $"cold start, {Portal(portalLatency)}";

    /// <summary>What the law expects without claims.</summary>
    public static double Expected(int instances, TimeSpan portalLatency)
        => FleetLaw.Expected(instances, portalLatency + CacheLatency, Lifetime);

    public static string Portal(TimeSpan latency)
        => latency < TimeSpan.FromSeconds(1) ? $"portal {latency.TotalMilliseconds} ms" : $"portal {latency.TotalSeconds} s";

    private static IEnumerable<Figure> Run(bool isFull)
    {
        var sizes = new List<Figure>();
        foreach (var instances in Sizes.Where(instances => isFull || instances <= 1_000))
        {
            sizes.AddRange(Figures(NameOf(instances), new(instances, Lifetime, PortalLatencies[0], CacheLatency), isFull));
        }

        var limits = Limits.SelectMany(limit => Figures(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{InstancesAtLimits:N0} instances, lifetime {limit.Lifetime} s, cache {limit.CacheLatency} ms"),
            new(
                InstancesAtLimits,
                TimeSpan.FromSeconds(limit.Lifetime),
                PortalLatencies[0],
                TimeSpan.FromMilliseconds(limit.CacheLatency)),
            isFull));
        return [.. sizes, .. Largest(sizes), .. limits];
    }

    /// <summary>What the library's targets apply to.</summary>
    private static IEnumerable<Figure> Largest(IReadOnlyList<Figure> figures)
        => PortalLatencies.SelectMany(latency => new[] { WithClaims(latency), ColdStart(latency) }).Select(name => new Figure(
            PeerCatalogue.Ours.ToString(), name, figures.Where(figure => figure.Name == name).Max(figure => figure.Value)));

    private static IEnumerable<Figure> Figures(string name, FleetSettings fleet, bool isFull)
    {
        foreach (var portalLatency in PortalLatencies)
        {
            var settings = fleet with { PortalLatency = portalLatency };
            var withClaims = RunLives(settings, MaxRefreshes, isFull);
            var without = RunLives(settings with { UsesClaims = false }, MaxRefreshesWithoutClaims, isFull);
            yield return Mean(name, WithClaims(portalLatency), withClaims);
            yield return Mean(name, WithoutClaims(portalLatency), without);
            yield return new(name, Law(portalLatency), Expected(settings, portalLatency + fleet.CacheLatency));
            if (portalLatency == PortalLatencies[0])
            {
                yield return new(name, Claims, withClaims.ClaimsPerLife);
                yield return new(name, ClaimsLaw, Expected(settings, fleet.CacheLatency));
            }

            yield return new(name, ColdStart(portalLatency), FleetSimulation.RunColdStart(settings));
        }
    }

    private static FleetRun RunLives(FleetSettings settings, int maxRefreshes, bool isFull)
        => FleetSimulation.RunLives(settings, isFull ? Math.Min(maxRefreshes / settings.Instances, MaxLives) : 20);

    private static Figure Mean(string name, string figure, FleetRun run)
        => new(name, figure, run.RequestsPerLife, StandardError: run.StandardError);

    private static double Expected(FleetSettings settings, TimeSpan window)
        => FleetLaw.Expected(settings.Instances, window, settings.Lifetime);
}
