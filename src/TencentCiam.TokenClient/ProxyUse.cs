namespace TencentCiam.TokenClient;

/// <summary>Whether a request to this machine leaves it all the same, because a proxy carries it.</summary>
internal static class ProxyUse
{
    /// <param name="address">Where the request goes.</param>
    /// <param name="handler">The handler that sends it, or one around that.</param>
    public static bool Carries(Uri address, HttpMessageHandler? handler)
    {
        var proxy = Innermost(handler) switch
        {
            SocketsHttpHandler { UseProxy: true } sockets => sockets.Proxy ?? HttpClient.DefaultProxy,
            HttpClientHandler { UseProxy: true } client => client.Proxy ?? HttpClient.DefaultProxy,
            _ => null,
        };
        try
        {
            return proxy is not null && !proxy.IsBypassed(address) && proxy.GetProxy(address) is { } used && used != address;
        }
#pragma warning disable CA1031 // A proxy of the user's may throw anything. What it would do is not known, so the worst is assumed.
        catch (Exception)
#pragma warning restore CA1031
        {
            return true;
        }
    }

    /// <summary>The handler that opens the connections.</summary>
    public static HttpMessageHandler? Innermost(HttpMessageHandler? handler)
        => handler is DelegatingHandler outer ? Innermost(outer.InnerHandler) : handler;
}
