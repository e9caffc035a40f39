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

    /// <summary>Makes known the tokens of a token handler that stands outside of this one on the same HttpClient.</summary>
    public void AddOutside(AttachedTokens outside)
    {
        lock (_values)
        {
            _outside = [.. _outside.Append(outside).Distinct()];
        }
    }

    /// <summary>
    /// Whether there is an Authorization header of the caller's, or of a token handler outside of this one. One that this
    /// handler has set, on a request that a retry handler around it sends again, is not.
    /// </summary>
    public bool HasHeaderOfOthers(HttpRequestHeaders headers)
    {
        if (headers.Authorization is not { } header)
        {
            // Also where there is one in a form that .NET cannot parse, such as AWS4-HMAC-SHA256.
            return headers.NonValidated is { Count: > 0 } raw && raw.Contains("Authorization");
        }

        foreach (var outside in _outside)
        {
            if (outside.Contains(header))
            {
                return true;
            }
        }

        return header is not BearerAuthorizationHeader && !Contains(header);
    }

    private bool Contains(AuthenticationHeaderValue header)
        => header.Parameter is { } value
            && header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)
            && _values.AsSpan().Contains(value);
}
