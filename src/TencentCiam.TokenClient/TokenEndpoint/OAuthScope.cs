using System.Buffers;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>The scope grammar of RFC 6749 section 3.3.</summary>
internal static class OAuthScope
{
    /// <summary>What to write instead of a malformed scope.</summary>
    public const string Rule = "write scopes separated by single spaces, with no leading or trailing space, and without quotation "
        + "marks, backslashes or non-ASCII characters (RFC 6749 section 3.3)";

    // scope-token = 1*( %x21 / %x23-5B / %x5D-7E ), and the space between two of them.
    public static readonly SearchValues<char> Characters = SearchValues.Create(
        " !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>CIAM rejects a double, leading or trailing space with invalid_scope, and so does the library.</summary>
    public static bool IsWellFormed(string scope)
        => scope is [not ' ', ..] and [.., not ' ']
            && !scope.Contains("  ", StringComparison.Ordinal)
            && !scope.AsSpan().ContainsAnyExcept(Characters);
}
