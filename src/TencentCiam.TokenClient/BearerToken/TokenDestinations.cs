using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>The origins that a handler's token may go to.</summary>
internal sealed class TokenDestinations
{
    private const int MaxWarnings = 100;

    private readonly OriginSet _origins;
    private readonly ConcurrentDictionary<string, bool> _warnedOf;
    private readonly ILogger _logger;
    private readonly string _httpClientName;

    /// <param name="options">What the user allows.</param>
    /// <param name="baseAddress">What is known of the HttpClient's BaseAddress.</param>
    /// <param name="warnedOf">The origins for which a warning was logged, shared by all handlers of a registration.</param>
    /// <param name="logger">The handler's logger.</param>
    /// <param name="httpClientName">How messages name the HttpClient.</param>
    /// <exception cref="ArgumentException">An option is malformed.</exception>
    public TokenDestinations(
        CiamBearerTokenHandlerOptions options,
        RegisteredBaseAddress baseAddress,
        ConcurrentDictionary<string, bool> warnedOf,
        ILogger logger,
        string httpClientName)
    {
        if (options.GetFaults().FirstOrDefault() is { } fault)
        {
            throw new ArgumentException(fault, nameof(options));
        }

        _origins = new OriginSet(
            baseAddress.Address is { } address ? [address, .. options.AllowedOrigins] : options.AllowedOrigins);
        AreKnown = baseAddress.IsKnown;
        AllowsAnyOrigin = _origins.IsEmpty && AreKnown;
        _warnedOf = warnedOf;
        _logger = logger;
        _httpClientName = httpClientName;
    }

    /// <summary>Whether the HttpClient's BaseAddress is known. If not, only the allowed origins count.</summary>
    public bool AreKnown { get; }

    /// <summary>Whether neither a BaseAddress nor an allowed origin limits where the token goes.</summary>
    public bool AllowsAnyOrigin { get; }

    /// <summary>Whether a token may be sent to this address. If not, logs one warning for each origin.</summary>
    public bool Allow(Uri address)
    {
        if (AllowsAnyOrigin || _origins.Contains(address))
        {
            return true;
        }

        var origin = OriginSet.Of(address);
        if (_warnedOf.Count < MaxWarnings && _warnedOf.TryAdd(origin, true))
        {
            Log.OriginNotAllowed(_logger, origin, _httpClientName);
        }

        return false;
    }
}
