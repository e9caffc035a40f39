using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.DistributedCache;

/// <summary>What the slots of a client share with other instances: the cache, and how it is used.</summary>
internal sealed class SharedTokenCache(SharedCacheConnection connection, CiamDistributedTokenCacheOptions options)
{
    private int _hasWarnedOfRejection;

    public SharedCacheConnection Connection => connection;

    public CiamDistributedTokenCacheOptions Options => options;

    /// <summary>Begins the part of an acquisition that concerns other instances.</summary>
    public SharedAcquisition Begin(ClientContext client, TokenSlot slot, TokenAcquisition acquisition, bool isSynchronous)
        => new(this, client, slot, acquisition, isSynchronous);

    /// <summary>Returns true for the first rejected entry since the last good one: a warning is logged once, not with each.</summary>
    public bool IsFirstRejection() => Interlocked.Exchange(ref _hasWarnedOfRejection, 1) == 0;

    public void EntryWasGood() => Volatile.Write(ref _hasWarnedOfRejection, 0);
}
