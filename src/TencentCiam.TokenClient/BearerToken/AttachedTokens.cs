using System.Net.Http.Headers;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>
/// The tokens that the handlers of one registration attached most recently. They identify a header that the library attached,
/// even if a retry handler has copied it to another request as text.
/// </summary>
internal sealed class AttachedTokens
{
    private const int MaxCount = 16;

    private readonly string?[] _values = new string?[MaxCount];
    private AttachedTokens[] _outside = [];
    private AttachedTokens[] _inside = [];
    private CiamAccessToken? _last;
    private int _count;

    public void Add(CiamAccessToken token)
    {
        if (ReferenceEquals(token, _last))
        {
            return;
        }

        _last = token;
        if (!_values.AsSpan().Contains(token.Value))
        {
            // Overwrites the oldest one.
            Volatile.Write(ref _values[(uint)Interlocked.Increment(ref _count) % MaxCount], token.Value);
        }
    }

    /// <summary>Connects this with the tokens of an inner token handler of the same HttpClient.</summary>
    public void AddInside(AttachedTokens inside)
    {
        lock (_values)
        {
            _inside = [.. _inside.Append(inside).Distinct()];
        }

        lock (inside._values)
        {
            inside._outside = [.. inside._outside.Append(this).Distinct()];
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
            && _values.AsSpan().Contains(value);
}
