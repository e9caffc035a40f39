namespace TencentCiam.TokenClient.BearerToken;

/// <summary>Ensures that a token is sent over plain http only within this machine.</summary>
internal static class PlainHttp
{
    /// <param name="address">Where the request goes.</param>
    /// <param name="inner">The handlers that send it, which may use a proxy.</param>
    /// <exception cref="InvalidOperationException">A token would leave this machine in plain text.</exception>
    public static void ThrowIfExposed(Uri address, HttpMessageHandler? inner)
    {
        if (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeWss)
        {
            return;
        }

        if (!address.IsLoopback)
        {
            throw Refused(address, "a bearer token can be intercepted over plain HTTP. Use https");
        }

        if (ProxyUse.Carries(address, inner))
        {
            throw Refused(
                address,
                "the HttpClient would send it to a proxy over plain HTTP, where a bearer token can be intercepted. Exclude this "
                + "host from the proxy (NO_PROXY), use https");
        }
    }

    private static InvalidOperationException Refused(Uri address, string because)
        => new(
            $"The request to {OriginSet.Of(address)} was not sent: {because}, or set {nameof(CiamBearerTokenHandlerOptions)}."
            + $"{nameof(CiamBearerTokenHandlerOptions.AllowInsecureHttp)} if the connection is secured by other means.");
}
