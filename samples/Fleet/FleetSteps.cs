using System.Diagnostics;
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

    // The library takes no lock in the cache: instances that look at the same moment may each request a token.
    private const int MaxSharedRequests = 3;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The other steps need the instances.
        if (await StepAsync($"{Size} instances call the orders API for the first time, all at once", BeginCallsAsync))
        {
            await StepAsync("One token serves all instances, and one refresh", RefreshAsync);
            await StepAsync("A new instance uses the token in the cache", ReplaceInstanceAsync);
            await StepAsync("The cache goes down and comes back empty, and no call fails", RestartCacheAsync);
            await StepAsync("Summary", SummarizeAsync);
        }

        reporter.WriteSummary();
        lifetime.StopApplication();

        Task<bool> StepAsync(string title, Func<CancellationToken, Task> run)
            => reporter.RunStepAsync(title, () => run(stoppingToken), stoppingToken);
    }

    private async Task BeginCallsAsync(CancellationToken stopping)
    {
        var names = await instances.StartAsync(Size, stopping);
        var begun = Stopwatch.GetTimestamp();
        await instances.BeginCallsAsync(names);
        var now = await traffic.WaitUntilAsync(now => names.All(name => now[name].Calls > 0), stopping);
        reporter.WriteLine($"Token requests: {now.TokenRequests}. Without sharing, there would be {Size}.");

        // An instance waits for another's token for a second, and then requests its own.
        var took = Stopwatch.GetElapsedTime(begun);
        if (now.TokenRequests > MaxSharedRequests && took > TimeSpan.FromSeconds(1))
        {
            reporter.Skip(
                $"the expectation of at most {MaxSharedRequests} token requests",
                $"this machine is busy, the first calls took {took.TotalSeconds:0.0} s, and after a second without a token, each "
                + "instance requests its own");
            return;
        }

        reporter.Expect(
            now.TokenRequests <= MaxSharedRequests, $"at most {MaxSharedRequests} token requests", $"{now.TokenRequests}");
    }

    private async Task RefreshAsync(CancellationToken stopping)
    {
        // Those that started on a busy machine may have their own first tokens.
        var atStart = await traffic.WaitUntilAsync(HaveSameToken, stopping);
        var now = atStart;
        for (var life = 1; life <= lives; life++)
        {
            var before = now;
            now = await WaitForNewTokensAsync(before, stopping);
            reporter.WriteLine($"All instances have a new token. Token requests: {now.TokenRequests - before.TokenRequests}.");
        }

        var (requests, tokens) = (now.TokenRequests - atStart.TokenRequests, now.Tokens - atStart.Tokens);
        reporter.WriteLine($"Together: {requests} token requests in {lives} token lives. Saved: {tokens - requests}.");
        reporter.Expect(
            requests <= lives * MaxSharedRequests, $"at most {MaxSharedRequests} token requests per life", $"{requests}");
    }

    private async Task ReplaceInstanceAsync(CancellationToken stopping)
    {
        await instances.KillAsync(instances.Running.First());
        var started = await instances.StartAsync(1, stopping);
        await instances.BeginCallsAsync(started);
        var now = await traffic.WaitUntilAsync(now => now[started.Single()].Calls > 0, stopping);
        var requests = now[started.Single()].TokenRequests;
        reporter.WriteLine($"One instance was killed, and another started. Token requests before its first call: {requests}.");
        reporter.Expect(requests == 0, "no token request", $"{requests}");
    }

    private async Task RestartCacheAsync(CancellationToken stopping)
    {
        if (cache is null)
        {
            reporter.Skip("the outage of the cache", "this program did not start the Redis server");
            return;
        }

        var before = await traffic.WaitUntilAsync(HaveSameToken, stopping);
        cache.Kill();
        var down = await WaitForNewTokensAsync(before, stopping);
        reporter.WriteLine("The cache is down. Token requests until all instances have a new token: "
            + $"{down.TokenRequests - before.TokenRequests}.");
        ExpectOneRequestPerInstanceAndLife(before, down);

        cache.Restart();
        var up = await traffic.WaitUntilAsync(HaveSameToken, stopping);
        reporter.WriteLine("The cache is back, without its entries. Token requests until all instances share a token: "
            + $"{up.TokenRequests - down.TokenRequests}.");
        ExpectOneRequestPerInstanceAndLife(down, up);
        reporter.Expect(instances.FailedCalls.Count == 0, "no failed call", $"{instances.FailedCalls.Count}");
    }

    private Task SummarizeAsync(CancellationToken stopping)
    {
        var now = traffic.Now;
        var failed = instances.FailedCalls;
        reporter.WriteLine($"Token requests made: {now.TokenRequests}. Saved: {now.Tokens - now.TokenRequests}.");
        reporter.WriteLine($"Calls made: {now.Calls + failed.Count}. Calls failed: {failed.Count}.");
        foreach (var error in failed.Take(5))
        {
            reporter.WriteLine(error);
        }

        reporter.Expect(failed.Count == 0, "no failed call", $"{failed.Count}");
        return Task.CompletedTask;
    }

    // An instance that is slow to find the cache again may use several tokens meanwhile.
    private void ExpectOneRequestPerInstanceAndLife(TrafficSnapshot before, TrafficSnapshot after)
    {
        var exceeding = instances.Running.Count(name
            => after[name].TokenRequests - before[name].TokenRequests > Math.Max(1, after[name].Tokens - before[name].Tokens));
        reporter.Expect(exceeding == 0, "at most 1 token request per instance and life", $"more from {exceeding} instances");
    }

    private Task<TrafficSnapshot> WaitForNewTokensAsync(TrafficSnapshot before, CancellationToken stopping)
        => traffic.WaitUntilAsync(
            now => instances.Running.All(name => now[name].TokenId != before[name].TokenId), stopping);

    private bool HaveSameToken(TrafficSnapshot now)
        => instances.Running.Select(name => now[name].TokenId).Distinct().Count() == 1;
}
