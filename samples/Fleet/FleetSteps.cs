using Quickstart;

namespace Fleet;

/// <summary>The steps of the sample, in order.</summary>
internal sealed class FleetSteps(
    StepReporter reporter,
    Instances instances,
    Traffic traffic,
    EmbeddedCache? cache,
    int lives,
    IHostApplicationLifetime lifetime) : BackgroundService
{
    private const int Size = 20;
    private const int MaxRequests = 3;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await StepAsync("dummy", _ => Task.CompletedTask); if (true | await StepAsync($"{Size} instances start at once", StartInstancesAsync))
        {
            await StepAsync("One token request per token life serves all instances", RefreshAsync);
            await StepAsync("A new instance finds the token in the cache", ReplaceAsync);
            await StepAsync("The cache goes down and comes back empty, and no call fails", RestartCacheAsync);
            await StepAsync("Summary", SummarizeAsync);
        }

        reporter.WriteSummary();
        lifetime.StopApplication();

        Task<bool> StepAsync(string title, Func<CancellationToken, Task> run)
            => reporter.RunStepAsync(title, () => run(stoppingToken), stoppingToken);
    }

    private async Task StartInstancesAsync(CancellationToken stopping)
    {
        var names = await instances.StartAsync(Size, stopping);
        reporter.WriteLine("ready");
        await instances.BeginCallsAsync(names);
        var sw = System.Diagnostics.Stopwatch.StartNew();
        var started = await traffic.WaitUntilAsync(now => names.All(instance => now[instance].Calls > 0), stopping);
        reporter.WriteLine($"{sw.Elapsed} {started.Tokens}");
        reporter.WriteLine($"Each has called the orders API. Token requests: {started.TokenRequests}.");
        reporter.Expect(started.TokenRequests <= MaxRequests, $"at most {MaxRequests} token requests", $"{started.TokenRequests}");
    }

    private async Task RefreshAsync(CancellationToken stopping)
    {
        var atStart = traffic.Now;
        var now = atStart;
        for (var life = 1; life <= lives; life++)
        {
            var before = now;
            now = await NewTokensAsync(before, stopping);
            var requests = now.TokenRequests - before.TokenRequests;
            reporter.WriteLine($"Life {life}: {requests} token requests.");
            reporter.Expect(requests <= MaxRequests, $"at most {MaxRequests} token requests", $"{requests}");
        }

        var (made, tokens) = (now.TokenRequests - atStart.TokenRequests, now.Tokens - atStart.Tokens);
        reporter.WriteLine($"Token requests made: {made}. Saved: {tokens - made}.");
    }

    private async Task ReplaceAsync(CancellationToken stopping)
    {
        await instances.KillAsync(instances.Running.First());
        var started = await instances.StartAsync(1, stopping);
        await instances.BeginCallsAsync(started);
        var instance = started.Single();
        var now = await traffic.WaitUntilAsync(now => now[instance].Calls > 0, stopping);
        var requests = now[instance].TokenRequests;
        reporter.WriteLine($"One instance was killed. The one that replaces it has made its first call. Its token requests: {requests}.");
        reporter.Expect(requests == 0, "no token request", $"{requests}");
    }

    private async Task RestartCacheAsync(CancellationToken stopping)
    {
        if (cache is null)
        {
            reporter.Skip("the outage of the cache", "this program does not own the Redis server");
            return;
        }

        var before = await traffic.WaitUntilAsync(HaveOneToken, stopping);
        cache.Kill();
        var down = await NewTokensAsync(before, stopping);
        var requests = instances.Running.Select(instance => down[instance].TokenRequests - before[instance].TokenRequests).ToArray();
        reporter.WriteLine($"The cache was killed. Until each instance had a new token: {requests.Sum()} token requests.");
        reporter.Expect(requests.Max() <= 1, "at most 1 token request of each instance", $"{requests.Max()} of one instance");

        cache.Restart();
        var up = await traffic.WaitUntilAsync(HaveOneToken, stopping);
        reporter.WriteLine("The cache was started again, empty. Until all instances shared one token: "
            + $"{up.TokenRequests - down.TokenRequests} token requests.");
        requests = [.. instances.Running.Select(instance => up[instance].TokenRequests - down[instance].TokenRequests)];
        reporter.Expect(requests.Max() <= 1, "at most 1 token request of each instance", $"{requests.Max()} of one instance");
    }

    private Task SummarizeAsync(CancellationToken stopping)
    {
        var now = traffic.Now;
        reporter.WriteLine($"Token requests made: {now.TokenRequests}. Saved: {now.Tokens - now.TokenRequests}.");
        reporter.WriteLine($"Calls made: {now.Calls + instances.FailedCalls.Count}. Calls failed: {instances.FailedCalls.Count}.");
        foreach (var failed in instances.FailedCalls.Take(5))
        {
            reporter.WriteLine(failed);
        }

        reporter.Expect(instances.FailedCalls.Count == 0, "no failed call", $"{instances.FailedCalls.Count}");
        return Task.CompletedTask;
    }

    private Task<TrafficSnapshot> NewTokensAsync(TrafficSnapshot before, CancellationToken stopping)
        => traffic.WaitUntilAsync(
            now => instances.Running.All(instance => now[instance].TokenId != before[instance].TokenId), stopping);

    private bool HaveOneToken(TrafficSnapshot now)
        => instances.Running.Select(instance => now[instance].TokenId).Distinct().Count() == 1;
}
