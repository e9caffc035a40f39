using System.Net.Http.Headers;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>Reads the Bearer challenges of a 401 (RFC 6750 section 3).</summary>
internal static class BearerChallenge
{
    /// <summary>
    /// Whether another token of the same scopes would not help (RFC 6750 section 3.1, <c>insufficient_scope</c>).
    /// </summary>
    public static bool IsInsufficientScope(HttpHeaderValueCollection<AuthenticationHeaderValue> challenges)
        => Parameters(challenges).Any(parameter => parameter.Contains("insufficient_scope", StringComparison.Ordinal));

    /// <summary>What the log says of the challenge: its <c>error</c> and <c>error_description</c>, as the API sent them.</summary>
    /// <param name="challenges">The response's WWW-Authenticate.</param>
    /// <param name="rejected">The rejected token: a challenge that repeats it is withheld.</param>
    public static string Describe(HttpHeaderValueCollection<AuthenticationHeaderValue> challenges, CiamAccessToken rejected)
        => Parameters(challenges).FirstOrDefault() is not { } parameter ? "no error in the challenge"
            : parameter.Contains(rejected.Value, StringComparison.OrdinalIgnoreCase) ? "(withheld: it repeats the token)"
            : ServerText.Clean(parameter);

    private static IEnumerable<string> Parameters(HttpHeaderValueCollection<AuthenticationHeaderValue> challenges)
        => challenges
            .Where(challenge => string.Equals(challenge.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase))
            .Select(challenge => challenge.Parameter)
            .Where(parameter => !string.IsNullOrWhiteSpace(parameter))!;
}
