using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient;

/// <summary>
/// The typed HttpClient of CIAM's token endpoint: one POST per call, no cache, no retry. Most programs want
/// <see cref="CiamBearerTokenHandler"/> or <see cref="ICiamTokenProvider"/>, which cache.
/// </summary>
/// <remarks>
/// Resolve it from dependency injection after <c>services.AddCiamClientCredentials()</c>; for a named client as a keyed
/// service. It is transient: resolve a new one instead of keeping one for long, as with any HttpClient of the factory.
/// </remarks>
public sealed class CiamTokenClient
{
    private readonly HttpClient _httpClient;
    private readonly Func<CiamClientCredentialsOptions> _options;
    private readonly TimeProvider _timeProvider;

    internal CiamTokenClient(HttpClient httpClient, Func<CiamClientCredentialsOptions> options, TimeProvider timeProvider)
    {
        _httpClient = httpClient;
        _options = options;
        _timeProvider = timeProvider;
    }

    /// <summary>Requests a token with the client credentials grant (RFC 6749 section 4.4).</summary>
    /// <param name="scope">
    /// The scopes to request, separated by single spaces; null or empty for those of
    /// <see cref="CiamClientCredentialsOptions.Scope"/>. A malformed one gives <see cref="CiamTokenError.InvalidScope"/>
    /// without a request, as the portal would respond.
    /// </param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The token or the error. Every response and every network failure becomes one of the two.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public Task<CiamTokenResult> RequestTokenAsync(string? scope = null, CancellationToken cancellationToken = default)
    {
        var options = _options();
        return RequestTokenAsync(options, string.IsNullOrEmpty(scope) ? options.Scope : scope, cancellationToken);
    }

    /// <param name="options">The options to make the request with.</param>
    /// <param name="scope">Exactly the scopes to request; null or empty for none.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    internal Task<CiamTokenResult> RequestTokenAsync(
        CiamClientCredentialsOptions options,
        string? scope,
        CancellationToken cancellationToken)
        => RequestTokenAsync(options, scope, synchronously: false, cancellationToken);

    /// <summary>The same on the caller's thread.</summary>
    /// <exception cref="NotSupportedException">A handler cannot send synchronously.</exception>
    internal CiamTokenResult RequestToken(
        CiamClientCredentialsOptions options,
        string? scope,
        CancellationToken cancellationToken)
        => RequestTokenAsync(options, scope, synchronously: true, cancellationToken).GetAwaiter().GetResult();

    // With synchronously, the returned task is completed unless a body can only be read asynchronously.
    private Task<CiamTokenResult> RequestTokenAsync(
        CiamClientCredentialsOptions options,
        string? scope,
        bool synchronously,
        CancellationToken cancellationToken)
    {
        scope = string.IsNullOrEmpty(scope) ? null : scope;
        if (scope is not null && !OAuthScope.IsWellFormed(scope))
        {
            return Task.FromResult<CiamTokenResult>(
                new CiamTokenResult.Failure(new CiamTokenError.InvalidScope(scope, statusCode: null)));
        }

        return SendAsync(
            new TokenRequestContext(options, _timeProvider, scope),
            TokenEndpointRequest.ForToken(options, scope),
            TokenResponseReader.ReadTokenAsync,
            static error => new CiamTokenResult.Failure(error),
            synchronously,
            cancellationToken);
    }

    /// <summary>Revokes a token (RFC 7009), so that resources which check tokens with the portal no longer accept it.</summary>
    /// <param name="token">The token's value.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>
    /// Null when the token is revoked, which includes a token that the portal never knew (RFC 7009 section 2.2); otherwise
    /// the error. <see cref="CiamTokenError.InvalidClient"/> is also the error for a token of another application. After
    /// <see cref="CiamTokenError.EndpointUnavailable"/>, assume that the token still exists.
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="token"/> is null or empty.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public Task<CiamTokenError?> RevokeTokenAsync(string token, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(token);
        var options = _options();
        return SendAsync(
            new TokenRequestContext(options, _timeProvider, revokedToken: token),
            TokenEndpointRequest.ForRevocation(options, token),
            TokenResponseReader.ReadRevocationAsync,
            static error => error,
            synchronously: false,
            cancellationToken);
    }

    private async Task<T> SendAsync<T>(
        TokenRequestContext context,
        HttpRequestMessage request,
        Func<HttpResponseMessage, TokenRequestContext, bool, CancellationToken, ValueTask<T>> read,
        Func<CiamTokenError, T> fail,
        bool synchronously,
        CancellationToken cancellationToken)
    {
        // HttpClient.Timeout would stop counting at the headers; this bounds the body too, and runs on the TimeProvider.
        using var end = new CancellationTokenSource(context.Options.RequestTimeout, _timeProvider);
        using var callersEnd = cancellationToken.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), end);
        try
        {
            using (request)
            {
                using var response = synchronously
                    ? _httpClient.Send(request, HttpCompletionOption.ResponseHeadersRead, end.Token)
                    : await _httpClient
                        .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, end.Token).ConfigureAwait(false);
                var result = await read(response, context, synchronously, end.Token).ConfigureAwait(false);

                // A body that is cut short is tolerated where the status is sufficient, but not if the caller cancelled.
                cancellationToken.ThrowIfCancellationRequested();
                return result;
            }
        }
        catch (NotSupportedException) when (synchronously)
        {
            throw;
        }
#pragma warning disable CA1031 // Any kind of handler may be in the pipeline. Nothing escapes but the caller's cancellation.
        catch (Exception e)
#pragma warning restore CA1031
        {
            cancellationToken.ThrowIfCancellationRequested();
            return fail(e is OperationCanceledException || end.IsCancellationRequested
                ? TokenErrors.RequestTimedOut(context, e)
                : TokenEndpointFailure.From(e, context));
        }
    }
}
