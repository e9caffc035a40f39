using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IdentityModel.Tokens.Jwt;
using TencentCiam.TokenClient.BearerToken;

namespace TencentCiam.TokenClient;

/// <summary>An access token, sent as a bearer token (RFC 6750). Immutable.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class CiamAccessToken
{
    // RFC 6750 section 2.1: b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
    private static readonly SearchValues<char> B64TokenCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/");

    /// <summary>Creates a token; for fakes of <see cref="ICiamTokenProvider"/> in tests.</summary>
    /// <param name="value">The token itself: a b64token of RFC 6750 section 2.1, as every JWT is.</param>
    /// <param name="lifetime">The token's whole lifetime, not negative.</param>
    /// <param name="expiresAt">When it expires.</param>
    /// <param name="scope">The granted scopes, separated by single spaces; null when the server did not say.</param>
    /// <exception cref="ArgumentException"><paramref name="value"/> is not a b64token. The message does not repeat it.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="lifetime"/> is negative.</exception>
    public CiamAccessToken(string value, TimeSpan lifetime, DateTimeOffset expiresAt, string? scope = null)
        : this(Validated(value), lifetime, expiresAt, scope, clockDifference: null)
        => ArgumentOutOfRangeException.ThrowIfLessThan(lifetime, TimeSpan.Zero);

    /// <summary>For a response of the token endpoint, which was validated.</summary>
    internal CiamAccessToken(
        string value,
        TimeSpan lifetime,
        DateTimeOffset expiresAt,
        string? scope,
        TimeSpan? clockDifference)
    {
        Value = value;
        Lifetime = lifetime;
        ExpiresAt = expiresAt;
        Scope = scope;
        ClockDifference = clockDifference;
        AuthorizationHeader = new BearerAuthorizationHeader(value);
    }

    /// <summary>The token itself. It is a secret: anyone who has it can call the API. Never log it.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string Value { get; }

    /// <summary>
    /// The granted scopes, separated by single spaces in the server's order; null when the server did not say, which means the
    /// requested ones (RFC 6749 section 5.1).
    /// </summary>
    public string? Scope { get; }

    /// <summary>
    /// The token's whole lifetime, as used: the response's <c>expires_in</c>, within 0 and 1 day; where that is missing, the
    /// JWT's <c>exp</c> less its <c>iat</c>; otherwise 60 seconds.
    /// </summary>
    public TimeSpan Lifetime { get; }

    /// <summary>
    /// When the token expires by this machine's clock, counted from the moment before it was requested. For display and logs:
    /// the cache also uses a monotonic clock to decide whether a token is still valid.
    /// </summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>Made once per token, so that attaching it allocates nothing.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal BearerAuthorizationHeader AuthorizationHeader { get; }

    /// <summary>The portal's clock minus this machine's when the portal responded; null when the response had no Date.</summary>
    internal TimeSpan? ClockDifference { get; }

    /// <summary>
    /// Reads the token as a JWT, for diagnosis. The signature is not verified, and RFC 9068 section 6 asks clients not to
    /// depend on its contents.
    /// </summary>
    /// <returns>The token's header and claims.</returns>
    /// <exception cref="InvalidOperationException">The token is not a readable JWT. The message does not repeat it.</exception>
    public JwtSecurityToken ReadJwt()
    {
        try
        {
            return new JwtSecurityTokenHandler().ReadJwtToken(Value);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or System.Text.Json.JsonException)
        {
            // Without the inner exception: it can quote parts of the token.
            throw new InvalidOperationException("The access token is not a readable JWT.");
        }
    }

    /// <summary>Describes the token: its lifetime, expiration and scopes; never its value.</summary>
    /// <returns>One line of text.</returns>
    public override string ToString()
        => string.Create(
            CultureInfo.InvariantCulture,
            $"CIAM access token, lifetime {Lifetime.TotalSeconds:0.###} s, expires {ExpiresAt:u}, scope {Scope ?? "as requested"}");

    private static string Validated(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return IsB64Token(value)
            ? value
            : throw new ArgumentException(
                "An access token consists of one or more of A-Z a-z 0-9 - . _ ~ + / followed by any number of = (RFC 6750 section 2.1).",
                nameof(value));
    }

    internal static bool IsB64Token(ReadOnlySpan<char> value)
    {
        var characters = value.TrimEnd('=');
        return !characters.IsEmpty && !characters.ContainsAnyExcept(B64TokenCharacters);
    }
}
