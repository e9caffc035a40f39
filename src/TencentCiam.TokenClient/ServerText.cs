using System.Globalization;
using System.Text;

namespace TencentCiam.TokenClient;

/// <summary>
/// Makes text from a server or a configuration safe for a log or a terminal: shortens it, and removes characters that could break
/// the line, or hide or reverse text.
/// </summary>
internal static class ServerText
{
    public const int MaxLength = 300;

    public static string Clean(string text, int maxLength = MaxLength)
    {
        var clean = new StringBuilder(Math.Min(text.Length, maxLength));
        foreach (var rune in Shorten(text, maxLength).EnumerateRunes())
        {
            var printable = Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.PrivateUse);
            clean.Append(printable ? rune.ToString() : " ");
        }

        return clean.ToString();
    }

    public static string Shorten(string text, int maxLength = MaxLength)
        => text.Length <= maxLength ? text : string.Concat(text.AsSpan(0, maxLength), "...");
}
