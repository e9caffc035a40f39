using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>A handler's provider, destinations and options, which are read once.</summary>
internal sealed class HandlerSetup
{
    /// <exception cref="ArgumentException">An option is malformed.</exception>
    public HandlerSetup(ICiamTokenProvider provider, CiamBearerTokenHandlerOptions options, TokenDestinations destinations)
    {
        if (!string.IsNullOrEmpty(options.Scope) && !OAuthScope.IsWellFormed(options.Scope))
        {
            throw new ArgumentException($"Scope is malformed: {OAuthScope.Rule}.", nameof(options));
        }

        Provider = provider;
        Scope = options.Scope;
        Destinations = destinations;
        AllowInsecureHttp = options.AllowInsecureHttp;
        RetryOnUnauthorized = options.RetryOnUnauthorized;
    }

    public ICiamTokenProvider Provider { get; }

    public string? Scope { get; }

    public TokenDestinations Destinations { get; }

    public bool AllowInsecureHttp { get; }

    public bool RetryOnUnauthorized { get; }
}
