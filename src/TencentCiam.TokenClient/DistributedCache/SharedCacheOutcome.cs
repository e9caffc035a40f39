namespace TencentCiam.TokenClient.DistributedCache;

/// <summary>What reading a token from the shared cache led to.</summary>
internal enum SharedCacheOutcome
{
    /// <summary>The token was adopted.</summary>
    Hit,

    /// <summary>There is no entry.</summary>
    Miss,

    /// <summary>The token is the one at hand, older, or due for a refresh.</summary>
    Stale,

    /// <summary>The entry is not authentic, or comes from the future.</summary>
    Rejected,

    /// <summary>The cache threw, or did not respond in time.</summary>
    Failed,
}
