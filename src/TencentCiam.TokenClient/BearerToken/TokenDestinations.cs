using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>Where a handler's token may go: to which origins, and over which transport.</summary>
internal sealed class TokenDestinations
{
    private const int MaxWarnings = 100;

    private readonly OriginSet _registered;
    private readonly OriginSet _allowed = new();
    private readonly bool _allowInsecureHttp;
    private readonly ConcurrentDictionary<string, bool> _warnedOf;
    private readonly ILogger _logger;
    private readonly string _httpClientName;

    /// <param name="options">What the user allows.</param>
    /// <param name="registered">The origins of the HttpClient's registered BaseAddress.</param>
    /// <param name="warnedOf">The origins that were warned of: shared by all handlers of a registration.</param>
    /// <param name="logger">The handler's logger.</param>
    /// <param name="httpClientName">How messages name the HttpClient.</param>
    /// <exception cref="ArgumentException">An allowed origin is not an absolute address.</exception>
    public TokenDestinations(
        CiamBearerTokenHandlerOptions options,
        OriginSet registered,
        ConcurrentDictionary<string, bool> warnedOf,
        ILogger logger,
        string httpClientName)
    {
        foreach (var origin in options.AllowedOrigins)
        {
            if (origin is not { IsAbsoluteUri: true })
            {
                throw new ArgumentException(
                    $"AllowedOrigins contains \"{origin}\": write an absolute URL such as https://api.example.com.",
                    nameof(options));
            }

            _allowed.Add(origin);
        }

        _allowInsecureHttp = options.AllowInsecureHttp;
        _registered = registered;
        _warnedOf = warnedOf;
        _logger = logger;
        _httpClientName = httpClientName;
    }

    /// <summary>Whether a token may go to this address. Warns once of each other origin.</summary>
    /// <exception cref="InvalidOperationException">A token would travel there in plain text.</exception>
    public bool Allow(Uri address)
    {
        var isSecure = address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeWss;
        if (!isSecure && !_allowInsecureHttp && !address.IsLoopback)
        {
            throw new InvalidOperationException(
                $"The request to {OriginSet.Of(address)} was not sent: a bearer token can be intercepted over plain HTTP. Use https, "
                + $"or set {nameof(CiamBearerTokenHandlerOptions)}.{nameof(CiamBearerTokenHandlerOptions.AllowInsecureHttp)} if "
                + "the connection is secured by other means.");
        }

        if ((_registered.IsEmpty && _allowed.IsEmpty) || _registered.Contains(address) || _allowed.Contains(address))
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
