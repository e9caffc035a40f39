namespace TencentCiam.TokenClient.DistributedCache;

/// <summary>How a call of the cache ended.</summary>
/// <param name="HasEnded">Whether the cache responded.</param>
/// <param name="WasAttempted">Whether the cache was called.</param>
/// <param name="Value">The entry; null if there is none.</param>
internal readonly record struct CacheRead(bool HasEnded, bool WasAttempted, byte[]? Value)
{
    /// <summary>The cache threw, or did not respond in time.</summary>
    public static CacheRead Failed { get; } = new(false, true, null);

    /// <summary>The cache is being left alone after failures.</summary>
    public static CacheRead NotAttempted { get; } = new(false, false, null);

    public static CacheRead Of(byte[]? value) => new(true, true, value);
}
