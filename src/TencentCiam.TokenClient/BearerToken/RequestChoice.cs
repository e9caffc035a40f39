namespace TencentCiam.TokenClient.BearerToken;

/// <summary>Which token a request asks for: kept in its options, so that copies of the request have it too.</summary>
internal static class RequestChoice
{
    private static readonly HttpRequestOptionsKey<string> Client = new("Ciam.Client");
    private static readonly HttpRequestOptionsKey<string> Scope = new("Ciam.Scope");
    private static readonly HttpRequestOptionsKey<string> WithoutToken = new("Ciam.WithoutToken");

    // Reading the options of a request that has none allocates them. Programs that never choose do not pay for that.
    private static volatile bool _isUsed;

    /// <summary>Returns the client's name; null if the request leaves it to the handler.</summary>
    public static string? GetClient(HttpRequestMessage request) => Get(request, Client);

    public static void SetClient(HttpRequestMessage request, string name) => Set(request, Client, name);

    /// <summary>Returns the scopes; null if the request leaves them to the handler.</summary>
    public static string? GetScope(HttpRequestMessage request) => Get(request, Scope);

    public static void SetScope(HttpRequestMessage request, string scope) => Set(request, Scope, scope);

    public static bool IsWithoutToken(HttpRequestMessage request) => Get(request, WithoutToken) is not null;

    public static void SetWithoutToken(HttpRequestMessage request) => Set(request, WithoutToken, "");

    private static string? Get(HttpRequestMessage request, HttpRequestOptionsKey<string> key)
        => _isUsed && request.Options.TryGetValue(key, out var value) ? value : null;

    private static void Set(HttpRequestMessage request, HttpRequestOptionsKey<string> key, string value)
    {
        _isUsed = true;
        request.Options.Set(key, value);
    }
}
