using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Caching;

/// <summary>What the slots of one client share: options, source of tokens, clock, random numbers and telemetry.</summary>
internal sealed class ClientContext(CiamClientCredentialsOptions options)
{
    private volatile CiamClientCredentialsOptions _options = options;
    private readonly ConcurrentDictionary<string, bool> _warnings = new(StringComparer.Ordinal);

    /// <summary>The client's name as telemetry shows it.</summary>
    public required string Name { get; init; }

    public required TokenRequester TokenRequester { get; init; }

    public required TimeProvider TimeProvider { get; init; }

    /// <summary>Returns a random number of at least 0 and less than 1.</summary>
    public required Func<double> Draw { get; init; }

    public required ILogger Logger { get; init; }

    public required Metrics Metrics { get; init; }

    /// <summary>Cancelled when the client is disposed.</summary>
    public required CancellationToken Stopping { get; init; }

    /// <summary>The last valid options, replaced as a whole when the configuration changes.</summary>
    public CiamClientCredentialsOptions Options
    {
        get => _options;
        set => _options = value;
    }

    /// <summary>Returns true the first time: a warning is logged once, not with each token.</summary>
    public bool IsFirst(string warning) => _warnings.TryAdd(warning, true);
}
