namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>All scenarios, in the order in which they are reported.</summary>
internal static class ScenarioCatalogue
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("hot-path", "Attaching a cached token", MicroBenchmarks.RunAsync<HotPath>),
        new("hot-path-otel", "Attaching a cached token while OpenTelemetry collects metrics", MicroBenchmarks.RunAsync<HotPathWithMetrics>),
        new("choice", "Attaching a cached token, client and scope chosen per request", Choice.RunAsync),
        new("threads", "Attaching a cached token on two threads, throughput relative to one", Threads.RunAsync),
        new("acquisition", "Acquiring a token", MicroBenchmarks.RunAsync<Acquisition>),
        new("stampede", "10,000 concurrent callers, empty cache, endpoint latency 50 ms", Stampede.RunAsync),
        new("sync-memory", "Synchronous callers on the thread pool, empty cache, endpoint latency 200 ms", SynchronousCallers.InMemoryAsync),
        new("sync-sockets", "Synchronous callers on the thread pool, the same over an open connection", SynchronousCallers.OverSocketsAsync),
        new("expiry", "Token lifetime 2 s, endpoint latency 100 ms, 8 loops for 10 s", Expiry.RunAsync),
        new("outage-window", "Endpoint down for 10 s, 59 s left of a 299 s token", Outage.WithTokenInWindowAsync),
        new("outage-expired", "Endpoint down for 10 s, token expired", Outage.WithExpiredTokenAsync),
        new("hour", "Token lifetime 299 s, one hour of steady load on a fake clock, worst of three runs", SteadyLoad.OnFakeClockAsync),
        new("idle", "Token lifetime 299 s, one call an hour for 8 hours on a fake clock", IdleHours.RunAsync),
        new("real-time", "Token lifetime 299 s, 330 s of steady load in real time", SteadyLoad.InRealTimeAsync),
        new("growth", "Many scopes and clients, this library only", Growth.RunAsync),
        new("tenants", "100,000 tenants of a store, this library only", Tenants.RunAsync),
        new("fleet", "Token requests per life of a token that a fleet shares, simulated, lifetime 299 s, cache 1 ms", Fleet.RunAsync),
        new("portal-server", "The emulated portal as a server, 16 concurrent requests", PortalServerLoad.RunAsync),
        new("start-up", "Cold start of a process", StartUp.RunAsync),
        new("warm-start", "Start of a host with 100 clients, endpoint latency 50 ms, this library only", WarmStart.RunAsync),
    ];
}
