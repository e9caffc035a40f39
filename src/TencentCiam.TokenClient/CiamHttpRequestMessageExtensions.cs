using TencentCiam.TokenClient.BearerToken;

namespace TencentCiam.TokenClient;

/// <summary>
/// Chooses for one request which token a <see cref="CiamBearerTokenHandler"/> attaches, before the handler's options. The choice
/// is kept in <see cref="HttpRequestMessage.Options"/>, so a handler that copies a request with its options keeps it.
/// </summary>
public static class CiamHttpRequestMessageExtensions
{
    /// <summary>
    /// Attaches a token of this client, before <see cref="CiamBearerTokenHandlerOptions.SelectClient"/> and the handler's own
    /// client.
    /// </summary>
    /// <remarks>
    /// Sending throws <see cref="InvalidOperationException"/> if the client is not registered and there is no
    /// <see cref="ICiamClientStore"/>, or if the handler was created with one provider.
    /// </remarks>
    /// <param name="request">The request.</param>
    /// <param name="name">The client's name; empty for the unnamed client.</param>
    /// <returns>The same request.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="request"/> or <paramref name="name"/> is null.</exception>
    public static HttpRequestMessage UseCiamClient(this HttpRequestMessage request, string name)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(name);
        RequestChoice.Client.Set(request, name);
        return request;
    }

    /// <summary>
    /// Attaches a token of this scope, before <see cref="CiamBearerTokenHandlerOptions.SelectScope"/> and
    /// <see cref="CiamBearerTokenHandlerOptions.Scope"/>.
    /// </summary>
    /// <remarks>
    /// Sending throws <see cref="CiamTokenException"/> with <see cref="CiamTokenError.InvalidScope"/> if the scope is malformed.
    /// </remarks>
    /// <param name="request">The request.</param>
    /// <param name="scope">
    /// The scopes, separated by single spaces (RFC 6749 section 3.3); empty for <see cref="CiamClientCredentialsOptions.Scope"/>
    /// of the client.
    /// </param>
    /// <returns>The same request.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="request"/> or <paramref name="scope"/> is null.</exception>
    public static HttpRequestMessage UseCiamScope(this HttpRequestMessage request, string scope)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(scope);
        RequestChoice.Scope.Set(request, scope);
        return request;
    }

    /// <summary>
    /// Sends the request without a token, over plain http too. An Authorization header that the library attached is removed; the
    /// caller's own is left alone.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <returns>The same request.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="request"/> is null.</exception>
    public static HttpRequestMessage WithoutCiamToken(this HttpRequestMessage request)
    {
        ArgumentNullException.ThrowIfNull(request);
        RequestChoice.WithoutToken.Set(request, "");
        return request;
    }
}
