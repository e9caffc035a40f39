using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.Caching;

/// <summary>What the slots of one client share: where their tokens come from, the clock, chance, and telemetry.</summary>
internal sealed class ClientContext(CiamClientCredentialsOptions options)
{
    private volatile CiamClientCredentialsOptions _options = options;
    private readonly ConcurrentDictionary<string, bool> _warnings = new(StringComparer.Ordinal);

    /// <summary>How log messages name the client.</summary>
    public required string ClientName { get; init; }

    /// <summary>One request with the options and for the scopes given (empty for none), no retry.</summary>
    public required Func<CiamClientCredentialsOptions, string, CancellationToken, Task<CiamTokenResult>> RequestTokenAsync
    {
        get;
        init;
    }

    public required TimeProvider TimeProvider { get; init; }

    /// <summary>A random number, at least 0 and less than 1.</summary>
    public required Func<double> Draw { get; init; }

    public required ILogger Logger { get; init; }

    public required Metrics Metrics { get; init; }

    /// <summary>Cancelled when the client is disposed.</summary>
    public required CancellationToken Stopping { get; init; }

    /// <summary>The last good options, replaced whole when the configuration changes.</summary>
    public CiamClientCredentialsOptions Options
    {
        get => _options;
        set => _options = value;
    }

    /// <summary>True the first time: a warning is given once, not with each token.</summary>
    public bool IsFirst(string warning) => _warnings.TryAdd(warning, true);
}
