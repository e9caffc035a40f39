namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>All scenarios, in the order of the reports.</summary>
internal static class ScenarioCatalogue
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("hot-path", "Attaching a cached token", MicroBenchmarks.RunAsync<HotPath>),
        new("threads", "Attaching a cached token, two threads over one", Threads.RunAsync),
        new("acquisition", "One token acquisition", MicroBenchmarks.RunAsync<Acquisition>),
        new("stampede", "10,000 callers, a cold cache, an endpoint that needs 50 ms", Stampede.RunAsync),
        new("expiry", "Tokens of 2 s, an endpoint that needs 100 ms, 8 loops for 10 s", Expiry.RunAsync),
        new("outage-window", "The endpoint is down for 10 s, a token of 299 s has 59 s to live", Outage.WithTokenInWindowAsync),
        new("outage-dead", "The endpoint is down for 10 s, the token dead", Outage.WithExpiredTokenAsync),
        new("hour", "Tokens of 299 s, an hour of steady load on a fake clock, the worst of three", SteadyLoad.OnFakeClockAsync),
        new("real-time", "Tokens of 299 s, 330 s of steady load in real time", SteadyLoad.InRealTimeAsync),
        new("growth", "Many scopes and clients, ours", Growth.RunAsync),
        new("start-up", "Start-up, a cold process", StartUp.RunAsync),
    ];
}
