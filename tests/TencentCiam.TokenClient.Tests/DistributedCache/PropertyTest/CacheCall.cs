using TencentCiam.TokenClient.Tests.Caching.PropertyTest;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

internal enum CacheCallKind
{
    Get,
    Set,
    Remove,
}

/// <summary>A call of the cache that stays open until the run ends it.</summary>
/// <param name="kind">What it does.</param>
/// <param name="key">The key of the entry.</param>
/// <param name="value">The value to write.</param>
/// <param name="lifetime">The lifetime of the value.</param>
/// <param name="startedAt">When it started.</param>
/// <param name="mode">What happens to it.</param>
internal sealed class CacheCall(
    CacheCallKind kind, string key, byte[]? value, TimeSpan lifetime, TimeSpan startedAt, CacheMode mode)
{
    private readonly TaskCompletionSource<byte[]?> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CacheCallKind Kind => kind;

    public string Key => key;

    public bool IsForClaim => key.EndsWith(":claim", StringComparison.Ordinal);

    public byte[]? Value => value;

    public TimeSpan Lifetime => lifetime;

    public TimeSpan StartedAt => startedAt;

    public CacheMode Mode => mode;

    /// <summary>When it takes effect or throws; null for never.</summary>
    public TimeSpan? DueAt { get; } = mode switch
    {
        CacheMode.Slow => startedAt + TimeSpan.FromMilliseconds(100),
        CacheMode.TooSlow => startedAt + TimeSpan.FromSeconds(2),
        CacheMode.Hangs => null,
        _ => startedAt,
    };

    public TimeSpan? EndedAt { get; set; }

    /// <summary>Whether the model knows that it was given up.</summary>
    public bool IsCountedAsFailed { get; set; }

    /// <summary>Whether the model knows that it was made.</summary>
    public bool IsObserved { get; set; }

    /// <summary>The token in the value, with the time of its request by the clock of the instance.</summary>
    public Grant? Grant { get; set; }

    public Task<byte[]?> Response => _response.Task;

    /// <summary>Whether the library no longer waits for it.</summary>
    public bool IsGivenUp(TimeSpan now) => EndedAt is null && now - startedAt >= SharedCache.Timeout;

    /// <summary>How much of this time it took.</summary>
    public TimeSpan Within(TimeSpan from, TimeSpan to)
    {
        var start = startedAt > from ? startedAt : from;
        var end = EndedAt < startedAt + SharedCache.Timeout ? EndedAt.Value : startedAt + SharedCache.Timeout;
        end = end < to ? end : to;
        return end > start ? end - start : TimeSpan.Zero;
    }

    public void Respond(byte[]? response, Exception? failure)
    {
        if (failure is null)
        {
            _response.TrySetResult(response);
        }
        else
        {
            _response.TrySetException(failure);
        }
    }
}
