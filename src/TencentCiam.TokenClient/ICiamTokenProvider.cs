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
    /// The rejected token is kept as the last resort: it is returned only while no other can be acquired.
    /// </summary>
    /// <param name="token">
    /// The rejected token. If it is not the current one, nothing happens. A token that itself replaced a rejected one is not
    /// replaced before it is 10 seconds old, or a tenth of its lifetime if that is less. Each rejection in a row doubles this time,
    /// up to half of the lifetime. The series ends when a token is refreshed without a rejection, or when a rejected token expires
    /// before another is acquired.
    /// </param>
    void Invalidate(CiamAccessToken token);
}
