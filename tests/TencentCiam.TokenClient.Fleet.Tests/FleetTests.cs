using System.Diagnostics;
using TencentCiam.TokenClient.Fleet.Tests.Servers;

namespace TencentCiam.TokenClient.Fleet.Tests;

/// <summary>
/// Sixty-four instances in real time. Their Timeout is long, so that a machine that is busy with other work does not count as an
/// outage of the cache.
/// </summary>
public sealed class FleetTests
{
    private const int Size = 64;

    [Theory]
    [InlineData(CacheServerKind.Garnet)]
    [InlineData(CacheServerKind.Redis)]
    public async Task Sixty_four_instances_that_start_at_once_make_at_most_three_token_requests(CacheServerKind kind)
    {
        await using var server = await CacheServer.StartAsync(kind);
        await using var fleet = new Instances(server);
        var instances = await AddAsync(fleet);

        var tokens = await Task.WhenAll(instances.Select(instance => Task.Run(() => Instances.TokenAsync(instance))));

        TestContext.Current.TestOutputHelper?.WriteLine($"{fleet.TokenRequests} token requests.");
        Assert.All(tokens, token => Assert.True(fleet.Portal.IsActive(token.Value)));
        Assert.InRange(fleet.TokenRequests, 1, 3);
    }

    /// <remarks>Set <c>CIAM_FLEET_SECONDS</c> for a longer run than that of the tests.</remarks>
    [Theory]
    [InlineData(CacheServerKind.Garnet)]
    [InlineData(CacheServerKind.Redis)]
    public async Task Sixty_four_instances_make_one_token_request_per_life(CacheServerKind kind)
    {
        var duration = TimeSpan.FromSeconds(
            int.TryParse(Environment.GetEnvironmentVariable("CIAM_FLEET_SECONDS"), out var seconds) ? seconds : 16);
        await using var server = await CacheServer.StartAsync(kind);
        await using var fleet = new Instances(server);
        fleet.Portal.Application.AccessTokenLifetime = TimeSpan.FromSeconds(10);
        var instances = await AddAsync(fleet);
        await Task.WhenAll(instances.Select(instance => Task.Run(() => Instances.TokenAsync(instance))));
        var atStart = fleet.TokenRequests;

        // An instance that nobody calls would not refresh.
        var started = Stopwatch.GetTimestamp();
        HashSet<string> used = [];
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            foreach (var instance in instances)
            {
                var token = await Instances.TokenAsync(instance);
                Assert.True(fleet.Portal.IsActive(token.Value));
                used.Add(token.Value);
            }

            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        // A life ends between 5 and 8 s after its begin, when the first instance refreshes.
        var (requests, lives) = (fleet.TokenRequests - atStart, duration.TotalSeconds / 8);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{atStart} token requests at the start, {requests} in the {duration.TotalSeconds} s that followed; "
            + $"{used.Count} tokens were used.");
        Assert.InRange(requests, Math.Floor(lives), Math.Ceiling(1.1 * duration.TotalSeconds / 7));
    }

    [Theory]
    [InlineData(CacheServerKind.Garnet)]
    [InlineData(CacheServerKind.Redis)]
    public async Task A_new_instance_gets_its_first_token_with_a_read_of_the_cache_and_without_a_request(CacheServerKind kind)
    {
        await using var server = await CacheServer.StartAsync(kind);
        await using var fleet = new Instances(server);
        var (token, key) = await fleet.SharedTokenAsync(await fleet.AddAsync());
        var instances = await AddAsync(fleet);
        List<double> reads = [];
        List<double> firstTokens = [];
        foreach (var instance in instances)
        {
            var cache = Instances.Cache(instance);
            var provider = instance.GetRequiredService<ICiamTokenProvider>();
            var started = Stopwatch.GetTimestamp();
            await cache.GetAsync(key, TestContext.Current.CancellationToken);
            reads.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);

            started = Stopwatch.GetTimestamp();
            var first = await provider.GetTokenAsync(cancellationToken: TestContext.Current.CancellationToken);
            firstTokens.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            Assert.Equal(token.Value, first.Value);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Median of {Size}: {Median(reads):F2} ms for a read of the cache, {Median(firstTokens):F2} ms for the first token.");
        Assert.Equal(1, fleet.TokenRequests);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static async Task<ServiceProvider[]> AddAsync(Instances fleet)
    {
        List<ServiceProvider> instances = [];
        for (var i = 0; i < Size; i++)
        {
            instances.Add(await fleet.AddAsync(configure: options => options.Timeout = TimeSpan.FromSeconds(20)));
        }

        return [.. instances];
    }
}
