using TencentCiam.TokenClient.DependencyInjection;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient;

/// <summary>Which token a <see cref="CiamBearerTokenHandler"/> attaches, and where it may go.</summary>
public sealed class CiamBearerTokenHandlerOptions
{
    /// <summary>
    /// The scopes to request, separated by single spaces (RFC 6749 section 3.3), instead of
    /// <see cref="CiamClientCredentialsOptions.Scope"/>. Default: null, the client's own.
    /// </summary>
    public string? Scope { get; set; }

    /// <summary>
    /// Origins that may receive the token, in addition to the origin of the <see cref="HttpClient.BaseAddress"/> that the
    /// HttpClient is given at registration. Only scheme, host and port count. A request to any other origin is sent without a
    /// token, and a warning is logged (RFC 9700: no token to unintended servers). With neither a BaseAddress nor an allowed
    /// origin, any https origin receives the token, and a warning is logged. Default: empty.
    /// </summary>
    /// <remarks>
    /// A BaseAddress that a typed client sets in its constructor does not count. If the BaseAddress differs each time the
    /// HttpClient is created, only the first one counts. Add such addresses here.
    /// </remarks>
    public ICollection<Uri> AllowedOrigins { get; } = [];

    /// <summary>
    /// Allows the token to travel over plain http to a host that is not loopback, or to a loopback host through a proxy, where it
    /// can be intercepted. Default: false; such a request then throws <see cref="InvalidOperationException"/>.
    /// </summary>
    public bool AllowInsecureHttp { get; set; }

    /// <summary>
    /// Replaces an Authorization header that came with the request by that of the token, as a reverse proxy does that must not
    /// forward its callers' credentials. Only where the token may go; to any other address the request is sent as it is.
    /// Default: false, such a request is sent unchanged.
    /// </summary>
    public bool ReplaceAuthorization { get; set; }

    /// <summary>
    /// Chooses the client whose token a request gets, by its name; null from it for the handler's own client.
    /// <see cref="CiamHttpRequestMessageExtensions.UseCiamClient"/> on the request has priority. Called once for each request,
    /// and again when a retry handler outside sends it again. Default: null, the handler's own client.
    /// </summary>
    public Func<HttpRequestMessage, string?>? SelectClient { get; set; }

    /// <summary>
    /// Chooses the scopes of a request's token, separated by single spaces; null from it for <see cref="Scope"/>.
    /// <see cref="CiamHttpRequestMessageExtensions.UseCiamScope"/> on the request has priority. Called like
    /// <see cref="SelectClient"/>. Default: null.
    /// </summary>
    public Func<HttpRequestMessage, string?>? SelectScope { get; set; }

    /// <summary>Returns what is malformed.</summary>
    internal IEnumerable<string> GetFaults()
    {
        if (!string.IsNullOrEmpty(Scope) && !OAuthScope.IsWellFormed(Scope))
        {
            yield return $"Scope is malformed: {OAuthScope.Rule}.";
        }

        foreach (var origin in AllowedOrigins)
        {
            if (origin is not { IsAbsoluteUri: true })
            {
                yield return $"AllowedOrigins contains \"{origin}\": write an absolute URL such as https://api.example.com.";
            }
        }
    }

    /// <summary>The registration that these options belong to; null for a handler created by hand.</summary>
    internal TokenHandlerRegistration? Registration { get; set; }

    /// <summary>
    /// Sends a request once more with a new token when the resource responds with 401 (RFC 6750 section 3.1), if the same bytes
    /// can be sent again: a body that is produced while it is sent, such as a stream, is kept in memory meanwhile, up to 1 MiB.
    /// Default: true.
    /// </summary>
    public bool RetryOnUnauthorized { get; set; } = true;
}
