using System.Diagnostics.CodeAnalysis;

namespace TencentCiam.TokenClient.TokenEndpoint;

/// <summary>
/// Requests tokens for the cache. Each request gets a new HttpClient from the factory: one that is kept would never see the
/// handlers that the factory creates later. The methods are virtual, so that a test can replace the portal.
/// </summary>
internal class TokenRequester(
    IHttpClientFactory httpClientFactory,
    IHttpMessageHandlerFactory handlerFactory,
    string httpClientName,
    TimeProvider timeProvider)
{
    /// <summary>Makes one request.</summary>
    /// <param name="options">The options to make it with.</param>
    /// <param name="scope">Exactly the scopes to request; empty for none.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The token or the error.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The application's service provider was disposed.</exception>
    public virtual Task<CiamTokenResult> RequestTokenAsync(
        CiamClientCredentialsOptions options,
        string scope,
        CancellationToken cancellationToken)
        => TryCreateClient(options, out var client, out var failure)
            ? client.RequestTokenAsync(options, scope, cancellationToken)
            : Task.FromResult(failure);

    /// <summary>
    /// The same for synchronous callers, on a dedicated thread instead of the thread pool. If a handler of the token endpoint's
    /// HttpClient cannot send synchronously, the request is sent asynchronously.
    /// </summary>
    public virtual async Task<CiamTokenResult> RequestTokenOnOwnThreadAsync(
        CiamClientCredentialsOptions options,
        string scope,
        CancellationToken cancellationToken)
    {
        var result = await OwnThread.RunAsync(() => TryRequestToken(options, scope, cancellationToken)).ConfigureAwait(false);
        return result ?? await RequestTokenAsync(options, scope, cancellationToken).ConfigureAwait(false);
    }

    // Null where a handler cannot send synchronously.
    private CiamTokenResult? TryRequestToken(
        CiamClientCredentialsOptions options,
        string scope,
        CancellationToken cancellationToken)
    {
        if (!TryCreateClient(options, out var client, out var failure))
        {
            return failure;
        }

        try
        {
            return SynchronousPipeline.CanSend(handlerFactory.CreateHandler(httpClientName))
                ? client.RequestToken(options, scope, cancellationToken)
                : null;
        }
        catch (NotSupportedException)
        {
            // Thrown by a primary handler that implements only SendAsync, or by a SocketsHttpHandler with a ConnectCallback.
            return null;
        }
    }

    private bool TryCreateClient(
        CiamClientCredentialsOptions options,
        [NotNullWhen(true)] out CiamTokenClient? client,
        [NotNullWhen(false)] out CiamTokenResult? failure)
    {
        (client, failure) = (null, null);
        try
        {
            client = new CiamTokenClient(httpClientFactory.CreateClient(httpClientName), () => options, timeProvider);
            return true;
        }
        catch (Exception e) when (e is not ObjectDisposedException { ObjectName: nameof(IServiceProvider) })
        {
            // The user's configuration of the HttpClient may throw anything. Only a disposed service provider is not its error: the
            // application has ended.
            failure = new CiamTokenResult.Failure(TokenErrors.HttpClientNotCreated(options, e));
            return false;
        }
    }
}
