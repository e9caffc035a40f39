using System.Net.Http.Headers;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>An Authorization header that the library made: its type distinguishes it from a header that a caller set.</summary>
internal sealed class BearerAuthorizationHeader(string token) : AuthenticationHeaderValue("Bearer", token)
{
    /// <summary>Identifies the token within this process.</summary>
    public ulong Fingerprint { get; } = GetFingerprint(token);

    /// <summary>Returns 64 bits that only the same token has, practically; never 0.</summary>
    public static ulong GetFingerprint(string token)
        => ((ulong)(uint)token.GetHashCode(StringComparison.Ordinal) << 32)
            | (uint)string.GetHashCode(token.AsSpan(token.Length / 2), StringComparison.Ordinal)
            | 1;
}
