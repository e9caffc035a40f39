using System.Net;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using TencentCiam.TokenClient.Fleet.Tests.Servers;
using TencentCiam.TokenClient.Tests;

namespace TencentCiam.TokenClient.Fleet.Tests;

/// <summary>What the instances find in a real cache, and what others find there.</summary>
public sealed class SharingTests
{
    private readonly TestClock _clock = new();

    [Theory]
    [InlineData(CacheServerKind.Garnet)]
    [InlineData(CacheServerKind.Redis)]
    public async Task A_second_instance_uses_the_token_of_the_first(CacheServerKind kind)
    {
        await using var server = await CacheServer.StartAsync(kind);
        await using var fleet = new Instances(server, _clock);
        var (token, _) = await fleet.SharedTokenAsync(await fleet.AddAsync());

        var adopted = await Instances.TokenAsync(await fleet.AddAsync());

        Assert.Equal(token.Value, adopted.Value);
        Assert.Equal(token.ExpiresAt, adopted.ExpiresAt);
        Assert.Equal(1, fleet.TokenRequests);
    }

    [Fact]
    public async Task Nothing_that_belongs_to_the_application_is_readable_in_a_dump_of_the_cache()
    {
        await using var server = (RedisCacheServer)await CacheServer.StartAsync(CacheServerKind.Redis);
        await using var fleet = new Instances(server, _clock);
        var instance = await fleet.AddAsync();
        var application = fleet.Portal.Application;
        var (token, _) = await fleet.SharedTokenAsync(instance, "orders.write");
        await Instances.Cache(instance).SetAsync(
            "readable", Encoding.ASCII.GetBytes("what another part of the program caches"), TestContext.Current.CancellationToken);

        var dump = Encoding.Latin1.GetString(await server.DumpAsync());

        Assert.Contains("what another part of the program caches", dump, StringComparison.Ordinal);
        Assert.Contains("ciam:", dump, StringComparison.Ordinal);
        string[] secrets =
        [
            .. token.Value.Split('.'), application.ClientSecret, application.ClientId, "orders.write", fleet.Portal.Authority.Host,
        ];
        Assert.All(secrets, secret =>
        {
            Assert.DoesNotContain(secret, dump, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Uri.EscapeDataString(secret), dump, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(
                Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)).TrimEnd('='), dump, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData(CacheServerKind.Garnet)]
    [InlineData(CacheServerKind.Redis)]
    public async Task An_entry_with_any_byte_changed_is_rejected(CacheServerKind kind)
    {
        await using var server = await CacheServer.StartAsync(kind);
        await using var fleet = new Instances(server, _clock);
        var writer = await fleet.AddAsync();
        var (token, key) = await fleet.SharedTokenAsync(writer);
        var cache = Instances.Cache(writer);
        var entry = (await cache.GetAsync(key, TestContext.Current.CancellationToken))!;

        for (var i = 0; i < entry.Length; i++)
        {
            byte[] changed = [.. entry];
            changed[i] ^= 1;
            await using var reader = fleet.AddToConnectionOf(writer);
            await cache.SetAsync(key, changed, TestContext.Current.CancellationToken);
            Assert.NotEqual(token.Value, (await Instances.TokenAsync(reader)).Value);

            // The reader shares its token after it has returned it.
            while ((await cache.GetAsync(key, TestContext.Current.CancellationToken)).AsSpan().SequenceEqual(changed))
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            }
        }

        await cache.SetAsync(key, entry, TestContext.Current.CancellationToken);
        Assert.Equal(token.Value, (await Instances.TokenAsync(fleet.AddToConnectionOf(writer))).Value);
        Assert.Equal(1 + entry.Length, fleet.TokenRequests);
    }

    [Theory]
    [InlineData(CacheServerKind.Garnet)]
    [InlineData(CacheServerKind.Redis)]
    public async Task An_entry_copied_under_the_key_of_another_scope_or_application_is_rejected(CacheServerKind kind)
    {
        await using var server = await CacheServer.StartAsync(kind);
        await using var fleet = new Instances(server, _clock);
        var other = fleet.Portal.AddApplication();
        other.Scopes = ["orders.read"];
        var instance = await fleet.AddAsync();
        var (token, key) = await fleet.SharedTokenAsync(instance, "orders.write");
        var (_, keyOfScope) = await fleet.SharedTokenAsync(instance, "orders.read");
        var (_, keyOfApplication) = await fleet.SharedTokenAsync(await fleet.AddAsync(application: other));
        var cache = Instances.Cache(instance);
        var entry = (await cache.GetAsync(key, TestContext.Current.CancellationToken))!;
        await cache.SetAsync(keyOfScope, entry, TestContext.Current.CancellationToken);
        await cache.SetAsync(keyOfApplication, entry, TestContext.Current.CancellationToken);
        var requests = fleet.TokenRequests;

        var ofScope = await Instances.TokenAsync(await fleet.AddAsync(), "orders.read");
        var ofApplication = await Instances.TokenAsync(await fleet.AddAsync(application: other));

        Assert.NotEqual(token.Value, ofScope.Value);
        Assert.NotEqual(token.Value, ofApplication.Value);
        Assert.Equal(requests + 2, fleet.TokenRequests);
        Assert.Equal(token.Value, (await Instances.TokenAsync(await fleet.AddAsync(), "orders.write")).Value);
    }

    [Theory]
    [InlineData(CacheServerKind.Garnet)]
    [InlineData(CacheServerKind.Redis)]
    public async Task Instances_whose_clocks_are_60_seconds_apart_fail_no_call(CacheServerKind kind)
    {
        await using var server = await CacheServer.StartAsync(kind);
        await using var fleet = new Instances(server, _clock);
        var slowClock = new TestClock();
        slowClock.StepWallClock(TimeSpan.FromSeconds(-60));
        ServiceProvider[] instances = [await fleet.AddAsync(), await fleet.AddAsync(slowClock)];

        for (var i = 0; i < 300; i++)
        {
            foreach (var instance in instances)
            {
                Assert.Equal(HttpStatusCode.OK, await Instances.CallApiAsync(instance));
            }

            _clock.AdvanceSeconds(5);
            slowClock.AdvanceSeconds(5);
        }

        // As many as without a cache, at most: 1,500 s are between 5 and 7 lives of a token.
        Assert.InRange(fleet.TokenRequests, 6, 14);
    }

    [Theory]
    [InlineData(CacheServerKind.Garnet)]
    [InlineData(CacheServerKind.Redis)]
    public async Task A_token_leaves_the_cache_when_it_expires(CacheServerKind kind)
    {
        await using var server = await CacheServer.StartAsync(kind);
        await using var fleet = new Instances(server, _clock);
        var (token, key) = await fleet.SharedTokenAsync(await fleet.AddAsync());

        Assert.InRange(await server.LifetimeAsync(key), TimeSpan.FromSeconds(1), token.Lifetime);
    }
}
