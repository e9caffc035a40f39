namespace TencentCiam.TokenClient;

/// <summary>Which token a <see cref="CiamBearerTokenHandler"/> attaches, and where it may go.</summary>
public sealed class CiamBearerTokenHandlerOptions
{
    /// <summary>
    /// The scopes to ask for, separated by single spaces (RFC 6749 section 3.3), instead of
    /// <see cref="CiamClientCredentialsOptions.Scope"/>. Default: null, the client's own.
    /// </summary>
    public string? Scope { get; set; }

    /// <summary>
    /// Origins that may be given the token, beside the origin of the <see cref="HttpClient.BaseAddress"/> that the HttpClient
    /// is given at registration (one that a typed client sets in its constructor does not count).
    /// Only scheme, host and port count. With neither a BaseAddress nor an allowed origin, any https origin is given it.
    /// A request to any other origin goes out without a token, with a warning (RFC 9700: no token to unintended servers).
    /// </summary>
    public ICollection<Uri> AllowedOrigins { get; } = [];

    /// <summary>
    /// Allows the token to travel over plain http to a host that is not loopback, where anyone on the way can take it.
    /// Default: false, and such a request is an <see cref="InvalidOperationException"/>.
    /// </summary>
    public bool AllowInsecureHttp { get; set; }

    /// <summary>
    /// Sends a request once more with a new token when the resource answers 401 (RFC 6750 section 3.1), provided that its
    /// body can be sent again. Default: true.
    /// </summary>
    public bool RetryOnUnauthorized { get; set; } = true;
}
