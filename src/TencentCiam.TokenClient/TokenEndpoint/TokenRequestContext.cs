namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>One request to the portal: what its answer is judged against.</summary>
/// <param name="options">The application at the time of the request.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="scope">The scopes asked for; null when none were.</param>
/// <param name="revokedToken">The token to be revoked; null for a token request.</param>
internal sealed class TokenRequestContext(
    CiamClientCredentialsOptions options,
    TimeProvider timeProvider,
    string? scope = null,
    string? revokedToken = null)
{
    // RFC 6749 section 10.10: a token has 128 bits of chance, 22 characters of base64. What is shorter is a test's, and as
    // likely a part of some word as its repetition.
    private const int MinTokenLength = 22;

    public CiamClientCredentialsOptions Options => options;

    public TimeProvider TimeProvider => timeProvider;

    /// <summary>
    /// Before the request is sent: expires_in counts from when the portal made the token, which this is sure to precede [S].
    /// </summary>
    public DateTimeOffset SentAt { get; } = timeProvider.GetUtcNow();

    public string? Scope => scope;

    /// <summary>How messages name the application: enough to find it in the console.</summary>
    public string Application => $"the application {options.ClientId} at {options.Authority}";

    /// <summary>A server may repeat in its texts what it was sent, or the token it gives. Such a text is withheld whole.</summary>
    public string? RedactSecrets(string? text, string? newToken = null)
        => text is not null
            && (RepeatsClientSecret(text)
                || (revokedToken is not null && HoldsAsSent(text, revokedToken))
                || (newToken?.Length >= MinTokenLength && Holds(text, newToken)))
            ? "(withheld: it repeats a secret)"
            : text;

    // No encoding is shorter than the secret: of a short text, as each answer's scope is, none has to be made.
    private bool RepeatsClientSecret(string text)
        => text.Length >= options.ClientSecret.Length
            && (HoldsAsSent(text, options.ClientSecret) || Holds(text, TokenEndpointRequest.BasicCredentials(options)));

    // In plain, or in the form that it is sent in.
    private static bool HoldsAsSent(string text, string secret)
        => Holds(text, secret) || Holds(text, TokenEndpointRequest.FormEncode(secret));

    private static bool Holds(string text, string secret) => text.Contains(secret, StringComparison.OrdinalIgnoreCase);
}
