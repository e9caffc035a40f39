using Microsoft.Extensions.Caching.Distributed;
using TencentCiam.TokenClient.Tests.Caching.PropertyTest;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>An instance's connection to the cache. Each call stays open until the run ends it.</summary>
internal sealed class InstanceCache(SharedCache cache, TimerTrackingClock clock, Action onChange) : IDistributedCache
{
    private readonly List<CacheCall> _calls = [];

    public List<CacheCall> Calls
    {
        get
        {
            lock (_calls)
            {
                return [.. _calls];
            }
        }
    }

    public byte[]? Get(string key) => GetAsync(key).GetAwaiter().GetResult();

    public Task<byte[]?> GetAsync(string key, CancellationToken token = default)
        => CallAsync(CacheCallKind.Get, key, null, default);

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options)
        => SetAsync(key, value, options).GetAwaiter().GetResult();

    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        => CallAsync(CacheCallKind.Set, key, value, options.AbsoluteExpirationRelativeToNow!.Value);

    public void Remove(string key) => RemoveAsync(key).GetAwaiter().GetResult();

    public Task RemoveAsync(string key, CancellationToken token = default) => CallAsync(CacheCallKind.Remove, key, null, default);

    public void Refresh(string key) => throw new NotSupportedException();

    public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

    private Task<byte[]?> CallAsync(CacheCallKind kind, string key, byte[]? value, TimeSpan lifetime)
    {
        CacheCall call;
        lock (_calls)
        {
            call = new CacheCall(_calls.Count, kind, key, value, lifetime, clock.Now.Monotonic, cache.Mode);
            _calls.Add(call);
        }

        onChange();
        return call.Response;
    }
}
