using Microsoft.Extensions.Time.Testing;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>Tokens of 299 s under steady load: how many are asked for.</summary>
internal static class SteadyLoad
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(299);

    /// <summary>An hour on a fake clock, two calls a second, of the peers that take their time from one: the worst of three.</summary>
    public static async Task<IReadOnlyList<Figure>> OnFakeClockAsync(Effort effort)
    {
        var (hours, calls) = effort == Effort.Full ? (3, 7_200) : (1, 36);
        var figures = new List<Figure>();
        foreach (var setup in PeerCatalogue.All.Where(setup => setup.AttachesTokens))
        {
            if (!setup.UsesTimeProvider)
            {
                figures.Add(new(setup.ToString(), "token requests in an hour", null, Note: "takes no TimeProvider"));
                continue;
            }

            var ends = await Task.WhenAll(Enumerable.Range(0, hours).Select(_ => RunOnFakeClockAsync(setup, calls)));
            figures.Add(new(setup.ToString(), "token requests in an hour", ends.Max(end => end.Endpoint.Requests)));
            figures.Add(new(setup.ToString(), "sent with a dead token", ends.Max(end => end.Resource.ExpiredTokens)));
        }

        return figures;
    }

    private static async Task<InMemoryEnvironment> RunOnFakeClockAsync(PeerSetup setup, int calls)
    {
        var clock = new FakeTimeProvider();
        var environment = new InMemoryEnvironment(Lifetime, validatesTokens: true, clock);
        using var peer = setup.Create(environment);
        var step = TimeSpan.FromHours(1) / calls;
        for (var i = 0; i < calls; i++)
        {
            await peer.CallAsync();
            clock.Advance(step);

            // A refresh in the background takes the machine's own time, of which the fake clock knows nothing: without a
            // pause its time-outs would be over before it has begun.
            await Task.Delay(1);
        }

        return environment;
    }

    /// <summary>330 s on the machine's clock, ten calls a second, of all peers at once.</summary>
    public static async Task<IReadOnlyList<Figure>> InRealTimeAsync(Effort effort)
    {
        var length = effort == Effort.Full ? TimeSpan.FromSeconds(330) : TimeSpan.FromMilliseconds(50);
        var figures = await Task.WhenAll(PeerCatalogue.All.Where(setup => setup.AttachesTokens).Select(async setup =>
        {
            var environment = new InMemoryEnvironment(Lifetime, validatesTokens: true);
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
