using System.Net.Http.Headers;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>
/// The tokens that the handlers of one registration attached most recently. They identify a header that the library attached,
/// even if a retry handler has copied it to another request as text.
/// </summary>
/// <remarks>Keeps only the tokens' fingerprints. There may be as many tokens as a store has clients.</remarks>
internal sealed class AttachedTokens
{
    private const int MinCount = 16;
    private const int MaxCount = 16_384;
    private const int Places = 8;

    private readonly object _gate = new();

    // Each fingerprint has eight places, which the lower bits of its upper half determine. When they are taken, the table is
    // doubled, and from its maximum on one of them is overwritten.
    private volatile ulong[] _fingerprints = new ulong[MinCount];
    private AttachedTokens[] _outside = [];
    private AttachedTokens[] _inside = [];

    public void Add(CiamAccessToken token)
    {
        var fingerprint = token.AuthorizationHeader.Fingerprint;
        if (!Contains(fingerprint))
        {
            Insert(fingerprint);
        }
    }

    /// <summary>Connects this with the tokens of an inner token handler of the same HttpClient.</summary>
    public void AddInside(AttachedTokens inside)
    {
        lock (_gate)
        {
            _inside = [.. _inside.Union([inside])];
        }

        lock (inside._gate)
        {
            inside._outside = [.. inside._outside.Union([this])];
        }
    }

    /// <summary>
    /// Whether the request has an Authorization header that must not be replaced: the caller's own, or one that an outer token
    /// handler has just set. A header left by an earlier attempt, which a retry handler repeats, may be replaced.
    /// </summary>
    public bool HasHeaderOfOthers(HttpRequestHeaders headers)
    {
        if (headers.Authorization is not { } header)
        {
            // .NET may be unable to parse the header, for example with the scheme AWS4-HMAC-SHA256.
            return headers.NonValidated is { Count: > 0 } raw && raw.Contains("Authorization");
        }

        return AnyContains(_outside, header)
            || !(header is BearerAuthorizationHeader || Contains(header) || AnyContains(_inside, header));
    }

    /// <summary>Whether the header is one that an outer token handler has just set.</summary>
    public bool HasHeaderFromOutside(HttpRequestHeaders headers)
        => headers.Authorization is { } header && AnyContains(_outside, header);

    /// <summary>Whether the header is one that the library attached.</summary>
    public bool HasAttachedHeader(HttpRequestHeaders headers)
        => headers.Authorization is { } header
            && (header is BearerAuthorizationHeader
                || Contains(header) || AnyContains(_inside, header) || AnyContains(_outside, header));

    private static bool AnyContains(AttachedTokens[] handlers, AuthenticationHeaderValue header)
    {
        foreach (var handler in handlers)
        {
            if (handler.Contains(header))
            {
                return true;
            }
        }

        return false;
    }

    private bool Contains(AuthenticationHeaderValue header)
        => header.Parameter is { } value
            && header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)
            && Contains(BearerAuthorizationHeader.GetFingerprint(value));

    private bool Contains(ulong fingerprint)
    {
        var fingerprints = _fingerprints;
        return fingerprints[FindPlace(fingerprint, fingerprints)] == fingerprint;
    }

    private void Insert(ulong fingerprint)
    {
        lock (_gate)
        {
            var fingerprints = _fingerprints;
            while (fingerprints[FindPlace(fingerprint, fingerprints)] is not 0 && fingerprints.Length < MaxCount)
            {
                var doubled = new ulong[fingerprints.Length * 2];
                foreach (var other in fingerprints.Where(other => other is not 0))
                {
                    doubled[FindPlace(other, doubled)] = other;
                }

                fingerprints = doubled;
            }

            fingerprints[FindPlace(fingerprint, fingerprints)] = fingerprint;
            _fingerprints = fingerprints;
        }
    }

    // Where the fingerprint is, or else where it belongs: the first empty place, or the first place if all eight are taken.
    // Places are taken in this order and never become empty, so the fingerprint cannot be behind an empty one.
    private static int FindPlace(ulong fingerprint, ulong[] fingerprints)
    {
        var first = (int)(fingerprint >> 32) & (fingerprints.Length - 1);
        for (var i = 0; i < Places; i++)
        {
            var found = fingerprints[first ^ i];
            if (found == fingerprint || found is 0)
            {
                return first ^ i;
            }
        }

        return first;
    }
}
