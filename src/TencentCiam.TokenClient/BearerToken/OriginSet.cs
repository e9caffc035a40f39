namespace TencentCiam.TokenClient.BearerToken;

/// <summary>A few origins (RFC 6454: scheme, host and port), looked up on every request.</summary>
internal sealed class OriginSet(IEnumerable<Uri> addresses)
{
    private readonly string[] _origins =
        [.. addresses.SelectMany(address => new[] { Of(address) + "/", Written(address) }).Distinct(StringComparer.Ordinal)];

    public bool IsEmpty => _origins.Length == 0;

    public bool Contains(Uri address)
    {
        foreach (var origin in _origins)
        {
            // Up to the first slash after the scheme there is only the authority, so an equal beginning is an equal origin.
            if (address.OriginalString.StartsWith(origin, StringComparison.Ordinal))
            {
                return true;
            }
        }

        // The same origin written differently: capitals, the default port, no path, Unicode instead of Punycode.
        return _origins.AsSpan().Contains(Of(address) + "/");
    }

    // As HttpClient writes addresses that are relative to this one: the host remains in Unicode.
    private static string Written(Uri address) => new Uri(address, "/").OriginalString;

    /// <summary>
    /// Scheme, host and port, without the scheme's default port. The host is the one that is looked up in DNS: in Punycode, an
    /// IPv6 address with its zone.
    /// </summary>
    public static string Of(Uri address)
    {
        var host = address.HostNameType == UriHostNameType.IPv6 ? $"[{address.IdnHost}]" : address.IdnHost;
        return address.IsDefaultPort ? $"{address.Scheme}://{host}" : $"{address.Scheme}://{host}:{address.Port}";
    }
}
