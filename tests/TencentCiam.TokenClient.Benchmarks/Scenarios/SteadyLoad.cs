using Microsoft.Extensions.Time.Testing;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>How many 299 s tokens a peer requests under steady load.</summary>
internal static class SteadyLoad
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(299);

    /// <summary>One hour on a fake clock with two calls per second, for the peers that use a TimeProvider. The worst of three runs counts.</summary>
    public static async Task<IReadOnlyList<Figure>> OnFakeClockAsync(Effort effort)
    {
        var (runCount, calls) = effort == Effort.Full ? (3, 7_200) : (1, 36);
        var figures = new List<Figure>();
        foreach (var setup in PeerCatalogue.All.Where(setup => setup.AttachesTokens))
        {
            if (!setup.UsesTimeProvider)
            {
                figures.Add(new(setup.ToString(), "token requests in one hour", null, Note: "no TimeProvider support"));
                continue;
            }

            var runs = await Task.WhenAll(Enumerable.Range(0, runCount).Select(_ => RunOnFakeClockAsync(setup, calls)));
            figures.Add(new(setup.ToString(), "token requests in one hour", runs.Max(run => run.Endpoint.Requests)));
            figures.Add(new(setup.ToString(), "calls with an expired token", runs.Max(run => run.Resource.ExpiredTokens)));
        }

        return figures;
    }

    private static async Task<InMemoryEnvironment> RunOnFakeClockAsync(PeerSetup setup, int calls)
    {
        var clock = new FakeTimeProvider();
        var environment = new InMemoryEnvironment(Lifetime, checksTokens: true, clock);
        using var peer = setup.Create(environment);
        var step = TimeSpan.FromHours(1) / calls;
        for (var i = 0; i < calls; i++)
        {
            await peer.CallAsync();
            clock.Advance(step);

            // A background refresh runs in real time, not on the fake clock. Without this pause the clock would pass the
            // timeouts of the refresh before it starts.
            await Task.Delay(1);
        }

        return environment;
    }

    /// <summary>330 s in real time with ten calls per second, all peers at the same time.</summary>
    public static async Task<IReadOnlyList<Figure>> InRealTimeAsync(Effort effort)
    {
        var length = effort == Effort.Full ? TimeSpan.FromSeconds(330) : TimeSpan.FromMilliseconds(50);
        var figures = await Task.WhenAll(PeerCatalogue.All.Where(setup => setup.AttachesTokens).Select(async setup =>
        {
            var environment = new InMemoryEnvironment(Lifetime, checksTokens: true);
            using var peer = setup.Create(environment);
            var load = new Load();
            await load.RunAsync(peer, loops: 1, TimeSpan.FromMilliseconds(100), length);
            return (Figure[])
            [
                new(setup.ToString(), "calls in 330 s", load.Calls),
                new(setup.ToString(), "token requests in 330 s", environment.Endpoint.Requests),
            ];
        }));
        return [.. figures.SelectMany(figure => figure)];
    }
}
