using System.Buffers;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>The scope grammar of RFC 6749 section 3.3.</summary>
internal static class OAuthScope
{
    // scope-token = 1*( %x21 / %x23-5B / %x5D-7E ), and the space between two of them.
    public static readonly SearchValues<char> Characters = SearchValues.Create(
        " !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>CIAM answers invalid_scope to a double, leading or trailing space: so does this.</summary>
    public static bool IsWellFormed(string scope)
        => scope is [not ' ', ..] and [.., not ' ']
            && !scope.Contains("  ", StringComparison.Ordinal)
            && !scope.AsSpan().ContainsAnyExcept(Characters);
}
