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
    // RFC 6749 section 10.10: a token has 128 random bits, 22 characters of base64. Anything shorter comes from a test, and is
    // as likely to be part of some word as to be repeated.
    private const int MinTokenLength = 22;

    public CiamClientCredentialsOptions Options => options;

    public TimeProvider TimeProvider => timeProvider;

    /// <summary>
    /// Before the request is sent: the portal counts expires_in from when it made the token, which is certainly later.
    /// </summary>
    public DateTimeOffset SentAt { get; } = timeProvider.GetUtcNow();

    public string? Scope => scope;

    /// <summary>How messages name the application: enough to find it in the console.</summary>
    public string Application => $"the application {options.ClientId} at {options.Authority}";

    /// <summary>
    /// A server may repeat in its texts what it was sent, or the token that it issues. Such a text is withheld as a whole.
    /// </summary>
    public string? RedactSecrets(string? text, string? newToken = null)
        => text is not null
            && (RepeatsClientSecret(text)
                || (revokedToken is not null && ContainsAsSent(text, revokedToken))
                || (newToken?.Length >= MinTokenLength && Contains(text, newToken)))
            ? "(withheld: it repeats a secret)"
            : text;

    // No encoding is shorter than the secret, so short texts, such as the scope of each response, need none to be made.
    private bool RepeatsClientSecret(string text)
        => text.Length >= options.ClientSecret.Length
            && (ContainsAsSent(text, options.ClientSecret) || Contains(text, TokenEndpointRequest.BasicCredentials(options)));

    // In plain, or in the form in which it is sent.
    private static bool ContainsAsSent(string text, string secret)
        => Contains(text, secret) || Contains(text, TokenEndpointRequest.FormEncode(secret));

    private static bool Contains(string text, string secret) => text.Contains(secret, StringComparison.OrdinalIgnoreCase);
}
