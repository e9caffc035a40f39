using Microsoft.Extensions.Caching.Distributed;
using TencentCiam.TokenClient.Tests.Caching.PropertyTest;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>An instance's connection to the cache. Each call stays open until the run ends it.</summary>
internal sealed class InstanceCache(SharedCache cache, TimerTrackingClock clock, Action onChange) : IDistributedCache
{
    private readonly List<CacheCall> _calls = [];
    private int _ended;
    private bool _isClosed;

    /// <summary>All calls, oldest first.</summary>
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

    /// <summary>The calls that the run has not ended.</summary>
    public List<CacheCall> Open
    {
        get
        {
            lock (_calls)
            {
                return _ended == _calls.Count ? [] : _calls.FindAll(call => call.EndedAt is null);
            }
        }
    }

    /// <summary>How many calls were made, and how many of them have ended or were given up.</summary>
    public (int Made, int Ended) Count(TimeSpan now)
    {
        lock (_calls)
        {
            return (_calls.Count, _ended == _calls.Count ? _ended : _ended + _calls.Count(call => call.IsGivenUp(now)));
        }
    }

    /// <summary>Ends all calls, also those that are made from now on.</summary>
    public void Close()
    {
        lock (_calls)
        {
            _isClosed = true;
        }

        Open.ForEach(call => End(call, null, new InvalidOperationException()));
    }

    public void End(CacheCall call, byte[]? response, Exception? failure)
    {
        lock (_calls)
        {
            _ended++;
            call.EndedAt = clock.Now.Monotonic;
        }

        call.Respond(response, failure);
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
            if (_isClosed)
            {
                throw new InvalidOperationException();
            }

            call = new CacheCall(kind, key, value, lifetime, clock.Now.Monotonic, cache.Mode);
            _calls.Add(call);
        }

        onChange();
        return call.Response;
    }
}
