using System.Diagnostics;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient;

/// <summary>
/// One application at one CIAM tenant: where its portal is, who the application is, and when its tokens are renewed.
/// </summary>
/// <remarks>
/// Validated when the host starts: all faults of a client come in one <see cref="Microsoft.Extensions.Options.OptionsValidationException"/>.
/// Changes of the configuration are followed while the program runs; a change that does not validate is logged and ignored.
/// </remarks>
[DebuggerDisplay("{ClientId,nq} at {Authority}")]
public sealed class CiamClientCredentialsOptions
{
    // With the authority it was made for, in one reference: whoever sets another one meanwhile is not answered with the old.
    private Tuple<Uri, Uri>? _tokenEndpoint;

    /// <summary>
    /// The address of the tenant's portal, for instance <c>https://sample.portal.tencentciam.com</c> or the tenant's own
    /// domain. Required. An absolute https address, or http to a loopback host; without user info, query or fragment, and
    /// without <c>/oauth2/token</c>, which the library appends.
    /// </summary>
    public Uri? Authority { get; set; }

    /// <summary>The application's Client ID, as the CIAM console shows it. Required.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>
    /// The application's secret, as the CIAM console shows it. Required. Keep it out of source control: user secrets, an
    /// environment variable such as <c>Ciam__ClientSecret</c>, or a vault. A changed secret is used by the next token request.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string ClientSecret { get; set; } = "";

    /// <summary>
    /// The scopes to ask for, separated by single spaces (RFC 6749 section 3.3). Default: none, which leaves the choice to
    /// the portal.
    /// </summary>
    public string? Scope { get; set; }

    /// <summary>How the secret is sent. Default: <see cref="CiamClientAuthentication.ClientSecretPost"/>.</summary>
    public CiamClientAuthentication ClientAuthentication { get; set; }

    /// <summary>
    /// How long before its end a token is renewed in the background. Default (null): a fifth of the token's life. From zero
    /// (never ahead) to 1 day; capped at half the life of the token at hand, with one warning.
    /// </summary>
    public TimeSpan? RefreshBeforeExpiration { get; set; }

    /// <summary>
    /// How long before its end a token is no longer attached, so that it does not expire on its way. Default (null): 5 % of
    /// the token's life within 1 to 15 seconds, and at most a tenth of it. From zero to 1 day; capped at half the life of
    /// the token at hand, with one warning. Tokens are renewed ahead of the margin too, but not in the first half of their
    /// life: with a margin of half the life, callers wait for each renewal.
    /// </summary>
    public TimeSpan? ExpirationMargin { get; set; }

    /// <summary>
    /// How long one token request may take, from before the connection is made to the last byte read. Default: 10 seconds.
    /// More than zero, at most 1 hour.
    /// </summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long getting a token may take with all its attempts and the pauses between them. Default: 30 seconds. More than
    /// zero, at most 1 hour.
    /// </summary>
    public TimeSpan AcquisitionTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Allows an <see cref="Authority"/> with plain http on a host that is not loopback, where the secret can be read on its
    /// way. Default: false.
    /// </summary>
    public bool AllowInsecureHttp { get; set; }

    /// <summary>Made once: parsing an address takes as long as most of the rest of a token request.</summary>
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

    /// <summary>Settings whose values could not be read, for validation to tell.</summary>
    internal List<string> UnreadableSettings { get; } = [];

    /// <summary>Whether tokens of the one may be used for the other.</summary>
    internal bool IsSameApplication(CiamClientCredentialsOptions other)
        => Authority == other.Authority && ClientId == other.ClientId;

    /// <summary>Whether the portal would judge both alike: what it said to the one, it would say to the other.</summary>
    internal bool HasSameCredentials(CiamClientCredentialsOptions other)
        => IsSameApplication(other)
            && ClientSecret == other.ClientSecret
            && ClientAuthentication == other.ClientAuthentication;
}
