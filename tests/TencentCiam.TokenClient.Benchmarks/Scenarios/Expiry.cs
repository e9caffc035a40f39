using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>A token lifetime of 2 s, an endpoint latency of 100 ms, and 8 loops that call for 10 s.</summary>
internal static class Expiry
{
    public static async Task<IReadOnlyList<Figure>> RunAsync(Effort effort)
    {
        var length = effort == Effort.Full ? TimeSpan.FromSeconds(10) : TimeSpan.FromMilliseconds(300);
        var figures = new List<Figure>();
        foreach (var setup in PeerCatalogue.All.Where(setup => setup.AttachesTokens))
        {
            var environment = new InMemoryEnvironment(TimeSpan.FromSeconds(2), checksTokens: true);
            environment.Endpoint.Delay = TimeSpan.FromMilliseconds(effort == Effort.Full ? 100 : 1);
            using var peer = setup.Create(environment);
            await peer.CallAsync();

            var load = new Load();
            await load.RunAsync(peer, loops: 8, pause: TimeSpan.FromMilliseconds(5), length);
            figures.Add(new(setup.ToString(), "calls", load.Calls));
            figures.Add(new(setup.ToString(), "calls that waited", load.WaitingCalls));
            figures.Add(new(setup.ToString(), "failed calls", load.FailedCalls));
            figures.Add(new(setup.ToString(), "calls with an expired token", environment.Resource.ExpiredTokens));
            figures.Add(new(setup.ToString(), "token requests", environment.Endpoint.Requests));
        }

        return figures;
    }
}
