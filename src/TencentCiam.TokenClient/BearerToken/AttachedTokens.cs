using System.Net.Http.Headers;

namespace TencentCiam.TokenClient.BearerToken;

/// <summary>
/// The tokens that the handlers of one registration attached most recently. They tell whose an Authorization header is, also on
/// a copy of a request, to which a retry handler has copied the header as text.
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
            // The oldest one makes room.
            Volatile.Write(ref _values[(uint)Interlocked.Increment(ref _count) % MaxCount], token.Value);
        }
    }

    /// <summary>Makes this and a token handler that stands inside of it on the same HttpClient known to each other.</summary>
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
    /// Whether there is an Authorization header that is not to be touched: the caller's, or one that a token handler outside of
    /// this one has just set. What is left of an earlier attempt, when a retry handler sends the request again, is replaced.
    /// </summary>
    public bool HasHeaderOfOthers(HttpRequestHeaders headers)
    {
        if (headers.Authorization is not { } header)
        {
            // Also where there is one in a form that .NET cannot parse, such as AWS4-HMAC-SHA256.
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
