using TencentCiam.TokenClient.Fleet.Tests.Servers;
using TencentCiam.TokenClient.Tests;

namespace TencentCiam.TokenClient.Fleet.Tests;

/// <summary>A cache that fails delays a call at most by its Timeout, and fails none.</summary>
public sealed class CacheFailureTests
{
    private readonly TestClock _clock = new();

    [Theory]
    [InlineData(CacheServerKind.Garnet)]
    [InlineData(CacheServerKind.Redis)]
    public async Task While_the_cache_is_down_each_instance_requests_its_own_tokens_and_afterwards_they_share_again(
        CacheServerKind kind)
    {
        await using var server = await CacheServer.StartAsync(kind);
        await using var fleet = new Instances(server, _clock);
        ServiceProvider[] instances = [await fleet.AddAsync(), await fleet.AddAsync()];
        await fleet.SharedTokenAsync(instances[0]);
        await Instances.TokenAsync(instances[1]);

        await server.KillAsync();
        for (var life = 0; life < 3; life++)
        {
            _clock.AdvanceSeconds(300);
            var before = fleet.TokenRequests;
            foreach (var instance in instances)
            {
                await Instances.TokenAsync(instance);
            }

            Assert.Equal(before + 2, fleet.TokenRequests);
        }

        await LoggedAsync(fleet, "SharedCacheUnavailable", 2);
        await server.StartAsync();
        foreach (var instance in instances)
        {
            await ReachableAsync(instance);
        }

        _clock.AdvanceSeconds(300);
        var requests = fleet.TokenRequests;
        var (token, _) = await fleet.SharedTokenAsync(instances[0]);
        Assert.Equal(token.Value, (await Instances.TokenAsync(instances[1])).Value);
        Assert.Equal(requests + 1, fleet.TokenRequests);
        await LoggedAsync(fleet, "SharedCacheRecovered", 2);
    }

    [Theory]
    [InlineData(CacheServerKind.Garnet)]
    [InlineData(CacheServerKind.Redis)]
    public async Task A_cache_that_is_restarted_empty_costs_one_token_request(CacheServerKind kind)
    {
        await using var server = await CacheServer.StartAsync(kind);
        await using var fleet = new Instances(server, _clock);
        ServiceProvider[] instances = [await fleet.AddAsync(), await fleet.AddAsync()];
        var (first, _) = await fleet.SharedTokenAsync(instances[0]);

        await server.KillAsync();
        await server.StartAsync();
        await ReachableAsync(instances[1]);
        var (second, _) = await fleet.SharedTokenAsync(instances[1]);

        Assert.NotEqual(first.Value, second.Value);
        Assert.Equal(first.Value, (await Instances.TokenAsync(instances[0])).Value);
        Assert.Equal(second.Value, (await Instances.TokenAsync(await fleet.AddAsync())).Value);
        Assert.Equal(2, fleet.TokenRequests);
    }

    [Fact]
    public async Task A_cache_that_is_paused_delays_a_call_by_its_Timeout_only()
    {
        await using var server = (RedisCacheServer)await CacheServer.StartAsync(CacheServerKind.Redis);
        await using var fleet = new Instances(server, _clock);
        var instance = await fleet.AddAsync();

        await server.PauseAsync();
        var pending = Instances.TokenAsync(instance);
        await _clock.TimerAsync(0.25, 0.25);
        Assert.False(pending.IsCompleted);
        _clock.AdvanceSeconds(0.25);
        await pending;

        Assert.Equal(1, fleet.TokenRequests);
        await server.ContinueAsync();
    }

    [Theory]
    [InlineData(CacheServerKind.Garnet)]
    [InlineData(CacheServerKind.Redis)]
    public async Task A_cache_that_is_slower_than_the_Timeout_is_left_alone_after_two_calls(CacheServerKind kind)
    {
        await using var server = await CacheServer.StartAsync(kind);
        using var proxy = new HoldingProxy(server);
        await using var fleet = new Instances(server, _clock);
        var instance = await fleet.AddAsync(port: proxy.Port);

        proxy.Hold();
        var pending = Instances.TokenAsync(instance);

        // The read of the token, and after the call the write.
        for (var i = 0; i < 2; i++)
        {
            await _clock.TimerAsync(0.25, 0.25);
            _clock.AdvanceSeconds(0.25);
        }

        await pending;
        await LoggedAsync(fleet, "SharedCacheUnavailable", 1);
        await Instances.TokenAsync(instance, "orders.read");

        // Only the responses are held back.
        while ((await server.TokenKeysAsync()).Length == 0)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }

        proxy.Release();
        _clock.AdvanceSeconds(5);
        var (token, _) = await fleet.SharedTokenAsync(instance, "orders.write");
        Assert.Equal(token.Value, (await Instances.TokenAsync(await fleet.AddAsync(), "orders.write")).Value);
        Assert.Equal(3, fleet.TokenRequests);
    }

    private static async Task ReachableAsync(ServiceProvider instance)
    {
        while (true)
        {
            try
            {
                await Instances.Cache(instance).GetAsync("reachable", TestContext.Current.CancellationToken);
                return;
            }
            catch (StackExchange.Redis.RedisException)
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }
    }

    private static async Task LoggedAsync(Instances fleet, string eventName, int times)
    {
        while (fleet.Logs.Named(eventName).Count() < times)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Equal(times, fleet.Logs.Named(eventName).Count());
    }
}
