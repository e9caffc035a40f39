using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.DistributedCache;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Caching;

/// <summary>What the slots of one client share: options, source of tokens, clock, random numbers and telemetry.</summary>
internal sealed class ClientContext(CiamClientCredentialsOptions options)
{
    private const int MaxWarnings = 100;

    private volatile CiamClientCredentialsOptions _options = options;
    private ConcurrentDictionary<string, bool>? _warnings;

    /// <summary>The client's name as logs and activities show it.</summary>
    public required string Name { get; init; }

    /// <summary>The client's name as metrics show it. Clients of a store share one, because their number has no bound.</summary>
    public required string NameInMetrics { get; init; }

    public required TokenRequester TokenRequester { get; init; }

    public required TimeProvider TimeProvider { get; init; }

    /// <summary>Returns a random number of at least 0 and less than 1.</summary>
    public required Func<double> Draw { get; init; }

    public required ILogger Logger { get; init; }

    public required Metrics Metrics { get; init; }

    /// <summary>What the client shares with other instances; null if nothing.</summary>
    public SharedTokenCache? SharedCache { get; init; }

    /// <summary>Drops the slots that are no longer used.</summary>
    public required SlotEviction Eviction { get; init; }

    /// <summary>The host, after whose stop nothing is acquired without a caller.</summary>
    public HostState Host { get; init; } = new();

    /// <summary>Cancelled when the client is disposed.</summary>
    public CancellationTokenSource Stopping { get; init; } = new();

    /// <summary>
    /// The last valid options, replaced as a whole when they change. Of a client of a store, the defaults until it is found.
    /// </summary>
    public CiamClientCredentialsOptions Options
    {
        get => _options;
        set => _options = value;
    }

    /// <summary>
    /// Returns true the first time: a warning is logged once, not with each token. At most 100 warnings are logged, because
    /// scopes may come from outside the program.
    /// </summary>
    public bool IsFirst(string warning)
    {
        var warnings = LazyInitializer.EnsureInitialized(ref _warnings, static () => new(StringComparer.Ordinal));
        return warnings.Count < MaxWarnings && warnings.TryAdd(warning, true);
    }
}
