using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.DistributedCache;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.Tests.DistributedCache;

/// <summary>Owns the clock, the portal, one cache, and the instances of an application that share it.</summary>
internal sealed class Fleet : IDisposable
{
    private readonly List<ServiceProvider> _instances = [];

    public Fleet(
        int instances = 1,
        int lifetimeSeconds = 300,
        Action<CiamDistributedTokenCacheOptions>? configure = null,
        TestClock? clock = null)
    {
        Clock = clock ?? new TestClock();
        Portal = new CiamPortalEmulator(timeProvider: Clock, signingKey: CiamHost.SigningKey);
        Portal.Application.AccessTokenLifetime = TimeSpan.FromSeconds(lifetimeSeconds);
        Portal.Application.Scopes = ["orders.read", "orders.write"];
        for (var i = 0; i < instances; i++)
        {
            Add(configure);
        }
    }

    public TestClock Clock { get; }

    public FakeCache Cache { get; } = new();

    /// <summary>What the container does when it creates the cache of an instance; it may throw or block.</summary>
    public Action BeforeCreatingCache { get; set; } = () => { };

    public CiamPortalEmulator Portal { get; }

    public LogCollector Logs { get; } = new();

    /// <summary>The keys and the encryption of the application's token for its own scope.</summary>
    public EntryProtection Protection => new(
        new CiamClientCredentialsOptions
        {
            Authority = Portal.Authority,
            ClientId = Portal.Application.ClientId,
            ClientSecret = Portal.Application.ClientSecret,
        },
        scope: "",
        keyPrefix: "ciam:");

    public int TokenRequests => Portal.Requests.Count(request => request.Path == "/oauth2/token");

    public int Add(
        Action<CiamDistributedTokenCacheOptions>? configure = null,
        bool pauseBetweenAttempts = false,
        TimeProvider? clock = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(Logs).SetMinimumLevel(LogLevel.Trace));
        services.AddSingleton(clock ?? Clock);
        services.AddSingleton<IDistributedCache>(_ =>
        {
            BeforeCreatingCache();
            return Cache;
        });
        services.AddCiamClientCredentials(_ => { })
            .UseEmulator(Portal, pauseBetweenAttempts: pauseBetweenAttempts)
            .AddDistributedTokenCache(configure);
        _instances.Add(services.BuildServiceProvider());
        return _instances.Count - 1;
    }

    public IServiceProvider Services(int instance) => _instances[instance];

    public ICiamTokenProvider Tokens(int instance) => _instances[instance].GetRequiredService<ICiamTokenProvider>();

    /// <summary>A token of an instance, after it was also shared and reported.</summary>
    public async Task<CiamAccessToken> TokenAsync(int instance = 0, string? scope = null)
    {
        try
        {
            return await Tokens(instance).GetTokenAsync(scope, TestContext.Current.CancellationToken);
        }
        finally
        {
            await EndedAsync(instance);
        }
    }

    /// <summary>Waits until the instance's acquisitions, background refreshes too, have ended.</summary>
    public async Task EndedAsync(int instance = 0)
    {
        var provider = (TencentCiam.TokenClient.Caching.CiamTokenProvider)Tokens(instance);
        foreach (var acquisition in provider.LatestAcquisitions.Values)
        {
            await (acquisition?.Ended ?? Task.CompletedTask);
        }

        await CiamHost.ReportedAsync(provider);
    }

    public void Dispose()
    {
        _instances.ForEach(instance => instance.Dispose());
        Portal.Dispose();
    }
}

/// <summary>A cache in memory that can fail, hang and be inspected. It does not expire entries.</summary>
internal sealed class FakeCache : IDistributedCache
{
    public ConcurrentDictionary<string, byte[]> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>Each call, as "get key".</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>The lifetime of each entry that was written.</summary>
    public ConcurrentDictionary<string, TimeSpan?> Lifetimes { get; } = new(StringComparer.Ordinal);

    /// <summary>What each call does first; it may throw or hang.</summary>
    public Func<Task>? Before { get; set; }

    public IEnumerable<string> TokenKeys => Entries.Keys.Where(key => !key.EndsWith(":claim", StringComparison.Ordinal));

    public byte[]? Get(string key) => GetAsync(key).GetAwaiter().GetResult();

    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        await CalledAsync("get", key);
        return Entries.GetValueOrDefault(key);
    }

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => SetAsync(key, value, options).GetAwaiter().GetResult();

    public async Task SetAsync(
        string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        await CalledAsync("set", key);
        Lifetimes[key] = options.AbsoluteExpirationRelativeToNow;
        Entries[key] = value;
    }

    public void Remove(string key) => RemoveAsync(key).GetAwaiter().GetResult();

    public async Task RemoveAsync(string key, CancellationToken token = default)
    {
        await CalledAsync("remove", key);
        Entries.TryRemove(key, out _);
    }

    public void Refresh(string key) => throw new NotSupportedException();

    public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

    private async Task CalledAsync(string what, string key)
    {
        Calls.Enqueue($"{what} {(key.EndsWith(":claim", StringComparison.Ordinal) ? "claim" : "token")}");
        if (Before is { } before)
        {
            await before();
        }
    }
}
