using System.Net;

namespace TencentCiam.TokenClient.Testing;

// application/x-www-form-urlencoded, as the server decodes it.
internal static class FormEncoding
{
    public static ILookup<string, string> Parse(string form)
        => form.Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(parameter => parameter.Split('=', 2))
            .ToLookup(
                parameter => WebUtility.UrlDecode(parameter[0]),
                parameter => parameter.Length == 2 ? WebUtility.UrlDecode(parameter[1]) : "",
                StringComparer.Ordinal);

    // False if a "%" is not followed by two hexadecimal digits. The server then rejects the credentials, where
    // WebUtility.UrlDecode keeps the "%": see docs/portal-behaviour.md.
    public static bool TryDecode(string encoded, out string decoded)
    {
        decoded = WebUtility.UrlDecode(encoded);
        for (var i = encoded.IndexOf('%', StringComparison.Ordinal); i >= 0; i = encoded.IndexOf('%', i + 1))
        {
            if (i + 2 >= encoded.Length || !char.IsAsciiHexDigit(encoded[i + 1]) || !char.IsAsciiHexDigit(encoded[i + 2]))
            {
                return false;
            }
        }

        return true;
    }
}
