using TencentCiam.TokenClient.Tests.Caching.PropertyTest;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>One step of a <see cref="Plan"/>.</summary>
internal abstract record Step
{
    /// <summary>One caller of each instance whose bit is set gets a token, all at the same time.</summary>
    internal sealed record Acquire(int Instances, bool Synchronously) : Step;

    internal sealed record Advance(int Milliseconds) : Step;

    /// <summary>Time passes until the instance's token reaches the phase.</summary>
    internal sealed record AdvanceTo(int Instance, Phase Phase) : Step;

    internal sealed record ChangePortal(PortalMode Mode) : Step;

    internal sealed record ChangeCache(CacheMode Mode) : Step;

    /// <summary>The cache loses all entries.</summary>
    internal sealed record LoseEntries : Step;

    /// <summary>A byte of each entry changes.</summary>
    internal sealed record ChangeEntries(int Byte) : Step;

    /// <summary>A resource rejects the token that the instance returned last.</summary>
    internal sealed record Reject(int Instance) : Step;

    /// <summary>All tokens are revoked at the portal: resources reject each of them from now on.</summary>
    internal sealed record Revoke : Step;

    /// <summary>The instance is stopped, and another one is started in its place.</summary>
    internal sealed record Restart(int Instance) : Step;

    /// <summary>Another instance of the same application has claimed the request, and died.</summary>
    internal sealed record LeaveClaim(int Instance) : Step;

    /// <summary>The instance gets the application's other secret.</summary>
    internal sealed record RotateSecret(int Instance) : Step;
}

/// <summary>What happens to a token request that is sent from now on.</summary>
internal enum PortalMode
{
    Up,
    Slow,
    VerySlow,
    Hangs,
    Unavailable,
    RejectsClient,
}

/// <summary>What happens to a call of the cache that is made from now on.</summary>
internal enum CacheMode
{
    Up,
    Slow,

    /// <summary>Too slow for the library, but the call takes effect.</summary>
    TooSlow,
    Hangs,
    Throws,
}
