namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>One request to the portal: what its response is judged against.</summary>
/// <param name="options">The options at the time of the request.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="scope">The requested scopes; null for none.</param>
/// <param name="revokedToken">The token to revoke; null for a token request.</param>
internal sealed class TokenRequestContext(
    CiamClientCredentialsOptions options,
    TimeProvider timeProvider,
    string? scope = null,
    string? revokedToken = null)
{
    // RFC 6749 section 10.10: a token has at least 128 random bits, 22 characters of base64. A shorter one comes from a test, and
    // could occur in ordinary text by chance.
    private const int MinTokenLength = 22;

    public CiamClientCredentialsOptions Options => options;

    public TimeProvider TimeProvider => timeProvider;

    /// <summary>
    /// The time before the request is sent. The portal counts expires_in from the moment it issues the token, which is later.
    /// </summary>
    public DateTimeOffset SentAt { get; } = timeProvider.GetUtcNow();

    public string? Scope => scope;

    /// <summary>How messages name the application: enough to find it in the console.</summary>
    public string Application => $"the application {options.ClientId} at {options.Authority}";

    /// <summary>
    /// Withholds a text that contains the secret or a token: a server may repeat what it received, or the token that it issues.
    /// </summary>
    public string? RedactSecrets(string? text, string? newToken = null)
        => text is not null
            && (RepeatsClientSecret(text)
                || (revokedToken is not null && ContainsAsSent(text, revokedToken))
                || (newToken?.Length >= MinTokenLength && Contains(text, newToken)))
            ? "(withheld: it repeats a secret)"
            : text;

    // No encoding is shorter than the secret, so for a shorter text, such as most scopes, none is computed.
    private bool RepeatsClientSecret(string text)
        => text.Length >= options.ClientSecret.Length
            && (ContainsAsSent(text, options.ClientSecret) || Contains(text, TokenEndpointRequest.BasicCredentials(options)));

    // In plain, or in the form in which it is sent.
    private static bool ContainsAsSent(string text, string secret)
        => Contains(text, secret) || Contains(text, TokenEndpointRequest.FormEncode(secret));

    private static bool Contains(string text, string secret) => text.Contains(secret, StringComparison.OrdinalIgnoreCase);
}
