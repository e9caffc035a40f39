namespace TencentCiam.TokenClient.BearerToken;

/// <summary>Which token a request asks for. Immutable, because copies of a request share it.</summary>
internal sealed record RequestChoice
{
    private static readonly HttpRequestOptionsKey<RequestChoice> Key = new("TencentCiam.TokenClient");

    // Reading the options of a request that has none allocates them. Programs that never choose do not pay for that.
    private static volatile bool _isUsed;

    /// <summary>The client's name; null for the handler's choice.</summary>
    public string? Client { get; init; }

    /// <summary>The scopes; null for the handler's choice.</summary>
    public string? Scope { get; init; }

    public bool WithoutToken { get; init; }

    /// <summary>Null if the request leaves everything to the handler.</summary>
    public static RequestChoice? Of(HttpRequestMessage request)
        => _isUsed && request.Options.TryGetValue(Key, out var choice) ? choice : null;

    public static void Set(HttpRequestMessage request, RequestChoice choice)
    {
        _isUsed = true;
        request.Options.Set(Key, choice);
    }
}
