using System.Diagnostics;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient;

/// <summary>
/// One application at one CIAM tenant: the address of its portal, its credentials, and when its tokens are refreshed.
/// </summary>
/// <remarks>
/// Validated when the host starts: one <see cref="Microsoft.Extensions.Options.OptionsValidationException"/> reports all faults
/// of a client. Configuration changes are followed at run time; a change that does not validate is logged and ignored.
/// </remarks>
[DebuggerDisplay("{ClientId,nq} at {Authority}")]
public sealed class CiamClientCredentialsOptions
{
    // One reference to the authority and its endpoint, so that a changed authority is never paired with the old endpoint.
    private Tuple<Uri, Uri>? _tokenEndpoint;

    /// <summary>
    /// The address of the tenant's portal, for example <c>https://sample.portal.tencentciam.com</c> or the tenant's own
    /// domain. Required. An absolute https URL, or http to a loopback host; without user info, query or fragment, and without
    /// <c>/oauth2/token</c>, which the library appends.
    /// </summary>
    public Uri? Authority { get; set; }

    /// <summary>The application's Client ID, as the CIAM console shows it. Required.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>
    /// The application's secret, as the CIAM console shows it. Required. Keep it out of source control: in user secrets, an
    /// environment variable such as <c>Ciam__ClientSecret</c>, or a vault. The next token request uses a changed secret.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string ClientSecret { get; set; } = "";

    /// <summary>
    /// The scopes to request, separated by single spaces (RFC 6749 section 3.3). Default: none, which leaves the choice to the
    /// portal.
    /// </summary>
    public string? Scope { get; set; }

    /// <summary>How the secret is sent. Default: <see cref="CiamClientAuthentication.ClientSecretPost"/>.</summary>
    public CiamClientAuthentication ClientAuthentication { get; set; }

    /// <summary>
    /// How long before expiration a token is refreshed in the background. Default (null): a fifth of the token's lifetime.
    /// Range: zero (no background refresh) to 1 day; capped at half the token's lifetime, with one warning.
    /// </summary>
    public TimeSpan? RefreshBeforeExpiration { get; set; }

    /// <summary>
    /// How long before expiration a token is no longer attached, so that it does not expire in transit. Default (null): 5% of
    /// the token's lifetime within 1 to 15 seconds, and at most a tenth of it. Range: zero to 1 day; capped at half the token's
    /// lifetime, with one warning. The background refresh also precedes the margin, but never begins in the first half of the
    /// lifetime: with a margin of half the lifetime, callers wait for each refresh.
    /// </summary>
    public TimeSpan? ExpirationMargin { get; set; }

    /// <summary>
    /// How long one token request may take, from opening the connection to the last byte read. Default: 10 seconds. Range: more
    /// than zero, at most 1 hour.
    /// </summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the acquisition of a token may take, with all its attempts and the pauses between them. Default: 30 seconds.
    /// Range: more than zero, at most 1 hour.
    /// </summary>
    public TimeSpan AcquisitionTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Allows an <see cref="Authority"/> with plain http on a host that is not loopback, where the secret can be intercepted.
    /// Default: false.
    /// </summary>
    public bool AllowInsecureHttp { get; set; }

    /// <summary>
    /// When the first token is acquired. Default: <see cref="CiamStartupMode.Lazy"/>, with the first call. Read when the host
    /// starts; without a host, and for clients of a store, the first token is always acquired with the first call.
    /// </summary>
    public CiamStartupMode StartupMode { get; set; }

    /// <summary>
    /// Refreshes the token of the client's own <see cref="Scope"/> also while nobody calls, so that no call waits after an idle
    /// time. It begins with the first token, see <see cref="StartupMode"/>, and ends when the host stops or the service provider
    /// is disposed; for a client of a store, after an hour without a call. A token lifetime of 299 s leads to about 16 token
    /// requests an hour. Default: false.
    /// </summary>
    public bool KeepWarm { get; set; }

    /// <summary>Made once: parsing an address takes as long as most other work of a token request.</summary>
    internal Uri TokenEndpoint
    {
        get
        {
            var (cached, authority) = (_tokenEndpoint, Authority!);
            if (!ReferenceEquals(cached?.Item1, authority))
            {
                _tokenEndpoint = cached = Tuple.Create(authority, TokenEndpointRequest.AppendPath(authority, "/oauth2/token"));
            }

            return cached.Item2;
        }
    }

    /// <summary>The path of the configuration section that the options are bound to, for messages; null without one.</summary>
    internal string? ConfigurationPath { get; set; }

    /// <summary>The settings whose values could not be read, for validation to report.</summary>
    internal List<string> UnreadableSettings { get; } = [];

    /// <summary>The settings with a list or a section where a value belongs, for validation to report.</summary>
    internal List<string> SettingsWithChildren { get; } = [];

    /// <summary>Whether an acquisition pauses between its attempts. The test package switches it off.</summary>
    internal bool PausesBetweenAttempts { get; set; } = true;

    internal CiamClientCredentialsOptions Copy() => (CiamClientCredentialsOptions)MemberwiseClone();

    /// <summary>Whether tokens of one may be used for the other.</summary>
    internal bool IsSameApplication(CiamClientCredentialsOptions other)
        => Authority == other.Authority && ClientId == other.ClientId;

    /// <summary>Whether the portal would respond to both in the same way.</summary>
    internal bool HasSameCredentials(CiamClientCredentialsOptions other)
        => IsSameApplication(other)
            && ClientSecret == other.ClientSecret
            && ClientAuthentication == other.ClientAuthentication;
}
