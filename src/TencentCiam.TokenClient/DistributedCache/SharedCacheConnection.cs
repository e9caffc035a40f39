using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.DistributedCache;

/// <summary>
/// The application's cache, which may be slow, down or broken: each call ends within its time limit, and after two failures in a
/// row the cache is left alone for a while.
/// </summary>
/// <param name="getCache">Returns the cache. A call may create it, and some caches connect when they are created.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">The logger.</param>
internal sealed class SharedCacheConnection(Func<IDistributedCache> getCache, TimeProvider timeProvider, ILogger logger)
{
    private const int FailuresUntilOutage = 2;
    private static readonly TimeSpan MinPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(60);

    private readonly ILogger _logger = new FaultTolerantLogger(logger);
    private readonly object _gate = new();
    private IDistributedCache? _cache;
    private int _failures;
    private long _leftAloneSince;
    private TimeSpan _leftAloneFor;

    // Kept, because the container cannot be asked any more when a client is disposed with it, and then withdraws its claim.
    private IDistributedCache Cache => _cache ??= getCache();

    /// <summary>Reads an entry.</summary>
    /// <param name="key">The entry's key.</param>
    /// <param name="limit">How long to wait for it.</param>
    /// <param name="isSynchronous">Whether to wait without the thread pool.</param>
    public ValueTask<CacheRead> ReadAsync(string key, TimeSpan limit, bool isSynchronous)
        => TryAsync(
            limit,
            isSynchronous,
            () => Cache.Get(key),
            () => Cache.GetAsync(key, CancellationToken.None));

    /// <summary>Writes an entry; without effect if the cache fails.</summary>
    public async ValueTask WriteAsync(string key, byte[] value, TimeSpan lifetime, TimeSpan limit, bool isSynchronous)
    {
        var options = new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = lifetime };
        await TryAsync(
            limit,
            isSynchronous,
            () =>
            {
                Cache.Set(key, value, options);
                return null;
            },
            async () =>
            {
                await Cache.SetAsync(key, value, options, CancellationToken.None).ConfigureAwait(false);
                return null;
            }).ConfigureAwait(false);
    }

    /// <summary>Removes an entry; without effect if the cache fails.</summary>
    public async ValueTask RemoveAsync(string key, TimeSpan limit, bool isSynchronous)
        => await TryAsync(
            limit,
            isSynchronous,
            () =>
            {
                Cache.Remove(key);
                return null;
            },
            async () =>
            {
                await Cache.RemoveAsync(key, CancellationToken.None).ConfigureAwait(false);
                return null;
            }).ConfigureAwait(false);

    // Only the wait ends at the limit. A first connection that was cancelled each time would never be established.
    private async ValueTask<CacheRead> TryAsync(
        TimeSpan limit,
        bool isSynchronous,
        Func<byte[]?> call,
        Func<Task<byte[]?>> callAsync)
    {
        if (IsLeftAlone())
        {
            return CacheRead.NotAttempted;
        }

        Exception failure;
        try
        {
            // After a request that had to be sent asynchronously, this may be a thread of the pool.
            if (isSynchronous && !Thread.CurrentThread.IsThreadPoolThread)
            {
                var called = OwnThread.RunAsync(call);
                SynchronousWait.For(called, limit, timeProvider, CancellationToken.None);
                if (called.IsCompleted)
                {
                    return Succeeded(await called.ConfigureAwait(false));
                }

                Observe(called);
                failure = new TimeoutException();
            }
            else
            {
                // On the pool: the cache may block its thread.
                var called = Task.Run(callAsync);
                Observe(called);
                return Succeeded(await called.WaitAsync(limit, timeProvider).ConfigureAwait(false));
            }
        }
#pragma warning disable CA1031 // The user's cache may throw anything.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }

        Failed(failure);
        return CacheRead.Failed;
    }

    private bool IsLeftAlone()
    {
        var now = timeProvider.GetTimestamp();
        lock (_gate)
        {
            return IsLeftAloneAt(now);
        }
    }

    // Guarded by the lock.
    private bool IsLeftAloneAt(long now)
        => _failures >= FailuresUntilOutage && timeProvider.GetElapsedTime(_leftAloneSince, now) < _leftAloneFor;

    private CacheRead Succeeded(byte[]? value)
    {
        bool hasRecovered;
        lock (_gate)
        {
            hasRecovered = _failures >= FailuresUntilOutage;
            _failures = 0;
        }

        if (hasRecovered)
        {
            Report(() => Log.SharedCacheRecovered(_logger));
        }

        return CacheRead.Of(value);
    }

    private void Failed(Exception failure)
    {
        var now = timeProvider.GetTimestamp();
        lock (_gate)
        {
            // Calls that began before the cache was left alone do not prolong that.
            if (IsLeftAloneAt(now))
            {
                return;
            }

            if (++_failures < FailuresUntilOutage)
            {
                return;
            }

            _leftAloneFor = TimeSpanMath.Min(MinPause * (1 << Math.Min(_failures - FailuresUntilOutage, 4)), MaxPause);
            _leftAloneSince = now;
            if (_failures > FailuresUntilOutage)
            {
                return;
            }
        }

        Report(() => Log.SharedCacheUnavailable(_logger, failure));
    }

    // Beside the acquisition: a logger may be slow.
    private static void Report(Action report)
        => _ = Task.Run(report);

    // Nobody waits for a call that has passed its limit.
    private static void Observe(Task called)
        => _ = called.ContinueWith(
            static called => _ = called.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
}
