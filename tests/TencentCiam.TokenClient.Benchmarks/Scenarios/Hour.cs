using Microsoft.Extensions.Time.Testing;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;
using TencentCiam.TokenClient.Benchmarks.World;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>Tokens of 299 s under steady load: how many are asked for.</summary>
internal static class Hour
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(299);

    /// <summary>An hour on a fake clock, ten calls a second, of the peers that take their time from one.</summary>
    public static async Task<IReadOnlyList<Figure>> OnFakeClockAsync(Effort effort)
    {
        var figures = new List<Figure>();
        foreach (var setup in PeerCatalogue.All.Where(setup => setup.AttachesTokens))
        {
            if (!setup.HasClock)
            {
                figures.Add(new(setup.ToString(), "token requests in an hour", null, Note: "takes no TimeProvider"));
                continue;
            }

            var clock = new FakeTimeProvider();
            var surroundings = new Surroundings(Lifetime, looksAtTokens: true, clock);
            using var peer = setup.Create(surroundings);
            var calls = effort == Effort.Full ? 36_000 : 360;
            var step = TimeSpan.FromHours(1) / calls;
            for (var i = 0; i < calls; i++)
            {
                await peer.CallAsync();
                clock.Advance(step);

                // A refresh in the background takes the machine's own time, of which the fake clock knows nothing: without a
                // pause now and then, minutes pass on the one before the other's first thread has started.
                if (i % 10 == 0)
                {
                    await Task.Delay(1);
                }
            }

            figures.Add(new(setup.ToString(), "token requests in an hour", surroundings.Endpoint.Requests));
            figures.Add(new(setup.ToString(), "sent with a dead token", surroundings.Resource.DeadTokens));
        }

        return figures;
    }

    /// <summary>330 s on the machine's clock, ten calls a second, of all peers at once.</summary>
    public static async Task<IReadOnlyList<Figure>> InRealTimeAsync(Effort effort)
    {
        var length = effort == Effort.Full ? TimeSpan.FromSeconds(330) : TimeSpan.FromMilliseconds(50);
        var figures = await Task.WhenAll(PeerCatalogue.All.Where(setup => setup.AttachesTokens).Select(async setup =>
        {
            var surroundings = new Surroundings(Lifetime, looksAtTokens: true);
            using var peer = setup.Create(surroundings);
            var load = new Load();
            await load.RunAsync(peer, loops: 1, TimeSpan.FromMilliseconds(100), length);
            return (Figure[])
            [
                new(setup.ToString(), "calls in 330 s", load.Calls),
                new(setup.ToString(), "token requests in 330 s", surroundings.Endpoint.Requests),
            ];
        }));
        return [.. figures.SelectMany(figure => figure)];
    }
}
