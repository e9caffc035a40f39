using System.Diagnostics;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>The throughput of calls with a cached token on two threads relative to one, and that of the peer's baseline.</summary>
internal static class Threads
{
    public static async Task<IReadOnlyList<Figure>> RunAsync(Effort effort)
    {
        var (rounds, length) = effort == Effort.Full ? (9, TimeSpan.FromMilliseconds(250)) : (1, TimeSpan.FromMilliseconds(2));
        var figures = new List<Figure>();
        foreach (var setup in PeerCatalogue.All.Where(setup => setup.AttachesTokens))
        {
            using var peer = setup.Create(new InMemoryEnvironment(TimeSpan.FromHours(12)));
            await peer.CallAsync();
            var ratios = Enumerable.Range(0, rounds + 1).Select(_ => (
                    Baseline: Throughput(2, length, peer.CallBaselineAsync) / Throughput(1, length, peer.CallBaselineAsync),
                    Peer: Throughput(2, length, peer.CallAsync) / Throughput(1, length, peer.CallAsync)))
                .Skip(1).ToList();
            figures.Add(new(setup.ToString(), "baseline speed-up", Median(ratios.Select(ratio => ratio.Baseline)), "x"));
            figures.Add(new(setup.ToString(), "speed-up", Median(ratios.Select(ratio => ratio.Peer)), "x"));
        }

        return figures;
    }

    /// <summary>Calls per second of all threads together.</summary>
    private static double Throughput(int threads, TimeSpan length, Func<Task> call)
    {
        var calls = 0L;
        using var start = new Barrier(threads);
        var running = Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            start.SignalAndWait();
            var from = Stopwatch.GetTimestamp();
            var own = 0L;
            while (Stopwatch.GetElapsedTime(from) < length)
            {
                for (var i = 0; i < 100; i++, own++)
                {
                    call().GetAwaiter().GetResult();
                }
            }

            Interlocked.Add(ref calls, own);
        })).ToList();
        running.ForEach(thread => thread.Start());
        running.ForEach(thread => thread.Join());
        return calls / length.TotalSeconds;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
