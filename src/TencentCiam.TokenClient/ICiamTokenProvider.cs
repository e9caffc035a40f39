namespace TencentCiam.TokenClient;

/// <summary>
/// Returns access tokens from a cache and refreshes them before they expire. <see cref="CiamBearerTokenHandler"/> uses it;
/// resolve it from dependency injection where the token itself is needed (gRPC call credentials, SignalR's access token
/// provider), and fake it in unit tests.
/// </summary>
public interface ICiamTokenProvider
{
    /// <summary>Gets a currently valid token.</summary>
    /// <param name="scope">
    /// The scopes to request, separated by single spaces; null or empty for those of
    /// <see cref="CiamClientCredentialsOptions.Scope"/>. Each distinct value is cached separately.
    /// </param>
    /// <param name="cancellationToken">Cancels only this caller's wait.</param>
    /// <returns>A cached token at once, or a new one as soon as it arrives.</returns>
    /// <exception cref="CiamTokenException">No token could be obtained, and no valid one is left.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The service provider was disposed, and no valid token is left.</exception>
    ValueTask<CiamAccessToken> GetTokenAsync(string? scope = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reports that a resource rejected a token (RFC 6750 section 3.1, <c>invalid_token</c>), so that the next call gets a new one.
    /// </summary>
    /// <param name="token">
    /// The rejected token. Nothing happens unless it is the current one, or if it is so new that another request would not help
    /// (newer than 10 seconds and a tenth of its lifetime).
    /// </param>
    void Invalidate(CiamAccessToken token);
}
