using System.Diagnostics;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>The endpoint is down for 10 s, under load. All peers run at the same time, each in its own environment.</summary>
internal static class Outage
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// The outage starts after 240 s of a 299 s token, inside this library's refresh window. A peer whose fixed margin is
    /// longer than the remaining 59 s treats the token as expired.
    /// </summary>
    public static Task<IReadOnlyList<Figure>> WithTokenInWindowAsync(Effort effort)
        => RunAllAsync(async setup =>
        {
            var environment = new InMemoryEnvironment(TimeSpan.FromSeconds(299), checksTokens: true);
            using var peer = setup.Create(environment);
            await peer.CallAsync();
            if (effort == Effort.Full)
            {
                await Task.Delay(TimeSpan.FromSeconds(240));
            }

            var load = new Load();
            var (requests, _) = await RunAsync(load, peer, environment.Endpoint, effort);
            return
            [
                new(setup.ToString(), "calls", load.Calls),
                new(setup.ToString(), "failed calls", load.FailedCalls),
                new(setup.ToString(), "token requests", requests),
            ];
        });

    /// <summary>The outage starts after the token has expired. The calls go on after it, to see how long recovery takes.</summary>
    public static Task<IReadOnlyList<Figure>> WithExpiredTokenAsync(Effort effort)
        => RunAllAsync(async setup =>
        {
            var isFull = effort == Effort.Full;
            var environment = new InMemoryEnvironment(TimeSpan.FromSeconds(isFull ? 2 : 1), checksTokens: true);
            using var peer = setup.Create(environment);
            await peer.CallAsync();

            // No calls are made until the token has expired, so that no peer refreshes it before that.
            await Task.Delay(TimeSpan.FromSeconds(isFull ? 3 : 1.05));
            var outage = new Load();
            var (requests, recovered) = await RunAsync(outage, peer, environment.Endpoint, effort);
            var after = new Load();
            await after.RunAsync(peer, loops: 1, Pause, TimeSpan.FromSeconds(isFull ? 5 : 0.05));
            return
            [
                new(setup.ToString(), "token requests", requests),
                new(setup.ToString(), "calls", outage.Calls),
                new(setup.ToString(), "median time of a failing call", outage.MedianFailure, "ms", "none failed"),
                new(setup.ToString(), "first success after recovery", outage.FirstSuccessAfter(recovered) ?? after.FirstSuccessAfter(recovered), "s", "none within 5 s"),
                new(setup.ToString(), "calls with an expired token", environment.Resource.ExpiredTokens),
            ];
        });

    /// <summary>
    /// Takes the endpoint down and brings it up again. Then waits for the calls that are still retrying.
    /// </summary>
    private static async Task<(int Requests, long Recovered)> RunAsync(Load load, Peer peer, InMemoryTokenEndpoint endpoint, Effort effort)
    {
        var length = effort == Effort.Full ? Length : TimeSpan.FromMilliseconds(50);
        var before = endpoint.Requests;
        endpoint.IsDown = true;
        var calls = load.RunAsync(peer, loops: 1, Pause, length);
        await Task.Delay(length);
        var requests = endpoint.Requests - before;
        endpoint.IsDown = false;
        var recovered = Stopwatch.GetTimestamp();
        await calls;
        return (requests, recovered);
    }

    private static async Task<IReadOnlyList<Figure>> RunAllAsync(Func<PeerSetup, Task<Figure[]>> runAsync)
        => [.. (await Task.WhenAll(PeerCatalogue.All.Where(setup => setup.AttachesTokens).Select(runAsync))).SelectMany(figures => figures)];
}
