namespace TencentCiam.TokenClient.BearerToken;

/// <summary>A few origins (RFC 6454: scheme, host and port), looked up on every request and seldom added to.</summary>
internal sealed class OriginSet
{
    private readonly object _gate = new();
    private volatile string[] _origins = [];

    public bool IsEmpty => _origins.Length == 0;

    public void Add(Uri? address)
    {
        if (address is null || Contains(address))
        {
            return;
        }

        lock (_gate)
        {
            _origins = [.. _origins, Of(address) + "/"];
        }
    }

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

        // The same origin written differently: capitals, the default port, no path.
        return _origins.Length > 0 && _origins.AsSpan().Contains(Of(address) + "/");
    }

    /// <summary>Scheme, host and port, as people write them: without the scheme's default port.</summary>
    public static string Of(Uri address) => address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
}
