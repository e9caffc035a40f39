namespace TencentCiam.TokenClient;

/// <summary>
/// Hands out access tokens from a cache and renews them before they expire. What
/// <see cref="CiamBearerTokenHandler"/> uses; take it from dependency injection where a token is needed by itself (gRPC
/// call credentials, SignalR's access token provider), and fake it in unit tests.
/// </summary>
public interface ICiamTokenProvider
{
    /// <summary>A token that is good now.</summary>
    /// <param name="scope">
    /// The scopes to ask for, separated by single spaces; null or empty for those of
    /// <see cref="CiamClientCredentialsOptions.Scope"/>. Each different value is cached for itself.
    /// </param>
    /// <param name="cancellationToken">Ends this caller's waiting, and nobody else's.</param>
    /// <returns>A cached token at once, or a new one as soon as it is there.</returns>
    /// <exception cref="CiamTokenException">No token could be had, and none that is still good is left.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The service provider was disposed, and no token that is still good is left.</exception>
    ValueTask<CiamAccessToken> GetTokenAsync(string? scope = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Says that a resource refused a token (RFC 6750 section 3.1, <c>invalid_token</c>), so that the next call gets a new one.
    /// </summary>
    /// <param name="token">
    /// The token that was refused. Nothing happens unless it is the current one, or if it is so young that asking again
    /// would not help (younger than 10 seconds and a tenth of its life).
    /// </param>
    void Invalidate(CiamAccessToken token);
}
