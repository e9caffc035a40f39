namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>
/// Requests tokens for the cache. Each request has an HttpClient of its own from the factory: one that is kept would outlive
/// its handler's lifetime. Virtual, so that a test can take the portal's place.
/// </summary>
internal class TokenRequester(IHttpClientFactory httpClientFactory, string httpClientName, TimeProvider timeProvider)
{
    /// <summary>Makes one request.</summary>
    /// <param name="options">The options to make it with.</param>
    /// <param name="scope">Exactly the scopes to request; empty for none.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The token or the error.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public virtual Task<CiamTokenResult> RequestTokenAsync(
        CiamClientCredentialsOptions options,
        string scope,
        CancellationToken cancellationToken)
    {
        HttpClient httpClient;
        try
        {
            httpClient = httpClientFactory.CreateClient(httpClientName);
        }
#pragma warning disable CA1031 // The HttpClient is made of what the user configured, which may throw anything.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Task.FromResult<CiamTokenResult>(new CiamTokenResult.Failure(TokenErrors.HttpClientNotCreated(options, e)));
        }

        return new CiamTokenClient(httpClient, () => options, timeProvider).RequestTokenAsync(options, scope, cancellationToken);
    }
}
