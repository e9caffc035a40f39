namespace TencentCiam.TokenClient.BearerToken;

/// <summary>One thing that a request asks of the token handler: kept in its options, so that copies of the request have it too.</summary>
internal sealed class RequestChoice
{
    private readonly HttpRequestOptionsKey<string> _key;

    // Reading the options of a request that has none allocates them. Programs that never choose do not pay for that.
    private volatile bool _isUsed;

    private RequestChoice(string key)
    {
        _key = new HttpRequestOptionsKey<string>(key);
    }

    /// <summary>The client's name.</summary>
    public static RequestChoice Client { get; } = new("Ciam.Client");

    /// <summary>The scopes.</summary>
    public static RequestChoice Scope { get; } = new("Ciam.Scope");

    /// <summary>That the request is sent without a token, whatever the value is.</summary>
    public static RequestChoice WithoutToken { get; } = new("Ciam.WithoutToken");

    /// <summary>Null if the request leaves it to the handler.</summary>
    public string? Of(HttpRequestMessage request)
        => _isUsed && request.Options.TryGetValue(_key, out var value) ? value : null;

    public void Set(HttpRequestMessage request, string value)
    {
        _isUsed = true;
        request.Options.Set(_key, value);
    }
}
