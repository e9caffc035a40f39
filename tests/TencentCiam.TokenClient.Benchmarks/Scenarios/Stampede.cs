using System.Diagnostics;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>10,000 concurrent callers, an empty cache, and an endpoint latency of 50 ms.</summary>
internal static class Stampede
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(50);

    public static async Task<IReadOnlyList<Figure>> RunAsync(Effort effort)
    {
        var (rounds, callers) = effort == Effort.Full ? (11, 10_000) : (1, 100);
        var runs = PeerCatalogue.All.Where(setup => setup.AttachesTokens)
            .ToDictionary(setup => setup, _ => new List<(int Requests, double P99BeyondDelay, double Megabytes)>());

        // Peers take turns, so that other load on the machine affects all of them.
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var (setup, ownRuns) in runs)
            {
                ownRuns.Add(await RunOnceAsync(setup, callers));
            }
        }

        var figures = new List<Figure>();
        foreach (var (setup, ownRuns) in runs)
        {
            // The first round was the warm-up.
            var counted = ownRuns.Skip(1).OrderBy(run => run.P99BeyondDelay).ToList();
            var median = counted[counted.Count / 2];
            figures.Add(new(setup.ToString(), "token requests", counted.Max(run => run.Requests)));
            figures.Add(new(setup.ToString(), "p99 beyond the endpoint's 50 ms", median.P99BeyondDelay, "ms"));
            figures.Add(new(setup.ToString(), "allocated", counted.Min(run => run.Megabytes), "MB"));
        }

        return figures;
    }

    private static async Task<(int Requests, double P99BeyondDelay, double Megabytes)> RunOnceAsync(PeerSetup setup, int callers)
    {
        var environment = new InMemoryEnvironment(TimeSpan.FromHours(1));
        environment.Endpoint.Delay = Delay;
        using var peer = setup.Create(environment);
        var calls = new Task<double>[callers];
        GC.Collect();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < callers; i++)
        {
            calls[i] = TimeAsync(peer);
        }

        var took = await Task.WhenAll(calls);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        Array.Sort(took);
        return (environment.Endpoint.Requests, took[callers * 99 / 100] - Delay.TotalMilliseconds, allocated / 1e6);
    }

    private static async Task<double> TimeAsync(Peer peer)
    {
        var from = Stopwatch.GetTimestamp();
        await peer.CallAsync().ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(from).TotalMilliseconds;
    }
}
