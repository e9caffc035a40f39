using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TencentCiam.TokenClient.BearerToken;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient;

/// <summary>
/// Attaches a bearer token to the requests of an HttpClient (RFC 6750 section 2.1). Usually added with
/// <c>AddCiamClientCredentialsHandler()</c>; public so that it also works without a factory.
/// </summary>
/// <remarks>
/// <para>A request with an Authorization header of the caller's is left alone. A request to an origin that may not receive the
/// token is sent without one, with a warning.</para>
/// <para>When the resource responds with 401, the token is dropped and the request is sent once more with a new one, if its
/// body can be sent again; otherwise the 401 is returned. A 403 is never retried.</para>
/// <para>Sending throws <see cref="CiamTokenException"/> when no token can be obtained (the request is then not sent), and
/// <see cref="InvalidOperationException"/> for a plain http address of another machine.</para>
/// </remarks>
public sealed class CiamBearerTokenHandler : DelegatingHandler
{
    private readonly ICiamTokenProvider _provider;
    private readonly string? _scope;
    private readonly bool _retryOnUnauthorized;
    private readonly TokenDestinations _destinations;
    private readonly ILogger _logger;
    private CiamAccessToken? _lastRejected;

    /// <summary>
    /// Creates the handler. It does not know the HttpClient's BaseAddress: without
    /// <see cref="CiamBearerTokenHandlerOptions.AllowedOrigins"/> the token goes to any https origin.
    /// </summary>
    /// <param name="provider">Where the tokens come from.</param>
    /// <param name="options">Which token is attached, and where it may go; null for the defaults. Read once.</param>
    /// <exception cref="ArgumentNullException"><paramref name="provider"/> is null.</exception>
    /// <exception cref="ArgumentException">An option is malformed.</exception>
    public CiamBearerTokenHandler(ICiamTokenProvider provider, CiamBearerTokenHandlerOptions? options = null)
        : this(provider, options ?? new(), new OriginSet(), new(), NullLogger.Instance, "")
    {
    }

    internal CiamBearerTokenHandler(
        ICiamTokenProvider provider,
        CiamBearerTokenHandlerOptions options,
        OriginSet registered,
        ConcurrentDictionary<string, bool> warnedOf,
        ILogger logger,
        string httpClientName)
    {
        ArgumentNullException.ThrowIfNull(provider);
        if (!string.IsNullOrEmpty(options.Scope) && !OAuthScope.IsWellFormed(options.Scope))
        {
            throw new ArgumentException($"Scope is malformed: {OAuthScope.Rule}.", nameof(options));
        }

        _provider = provider;
        _scope = options.Scope;
        _retryOnUnauthorized = options.RetryOnUnauthorized;
        _destinations = new TokenDestinations(options, registered, warnedOf, logger, httpClientName);
        _logger = logger;
    }

    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!MayCarryToken(request))
        {
            return base.SendAsync(request, cancellationToken);
        }

        var pending = _provider.GetTokenAsync(_scope, cancellationToken);
        if (!pending.IsCompletedSuccessfully)
        {
            return SendWithPendingTokenAsync(request, pending, cancellationToken);
        }

        var token = pending.Result;
        request.Headers.Authorization = token.AuthorizationHeader;
        var sent = base.SendAsync(request, cancellationToken);
        return sent.IsCompletedSuccessfully && sent.Result.StatusCode != HttpStatusCode.Unauthorized
            ? sent
            : FinishAsync(request, sent, token, cancellationToken);
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!MayCarryToken(request))
        {
            return base.Send(request, cancellationToken);
        }

        var token = GetToken(cancellationToken);
        request.Headers.Authorization = token.AuthorizationHeader;
        var response = base.Send(request, cancellationToken);
        if (!IsRejection(request, response, token) || !MayRetry(request))
        {
            return response;
        }

        CiamAccessToken next;
        try
        {
            next = GetToken(cancellationToken);
        }
        catch
        {
            response.Dispose();
            throw;
        }

        return ReferenceEquals(next, token)
            ? response
            : base.Send(PrepareRetry(request, response, next), cancellationToken);
    }

    private async Task<HttpResponseMessage> SendWithPendingTokenAsync(
        HttpRequestMessage request,
        ValueTask<CiamAccessToken> pending,
        CancellationToken cancellationToken)
    {
        var token = await pending.ConfigureAwait(false);
        request.Headers.Authorization = token.AuthorizationHeader;
        return await FinishAsync(request, base.SendAsync(request, cancellationToken), token, cancellationToken)
            .ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> FinishAsync(
        HttpRequestMessage request,
        Task<HttpResponseMessage> sent,
        CiamAccessToken token,
        CancellationToken cancellationToken)
    {
        var response = await sent.ConfigureAwait(false);
        if (!IsRejection(request, response, token) || !MayRetry(request))
        {
            return response;
        }

        CiamAccessToken next;
        try
        {
            next = await _provider.GetTokenAsync(_scope, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            response.Dispose();
            throw;
        }

        return ReferenceEquals(next, token)
            ? response
            : await base.SendAsync(PrepareRetry(request, response, next), cancellationToken).ConfigureAwait(false);
    }

    // The library's own provider blocks without the thread pool. Another one is the user's, and can only be waited for.
    private CiamAccessToken GetToken(CancellationToken cancellationToken)
    {
        if (_provider is CiamTokenProvider provider)
        {
            return provider.GetToken(_scope, cancellationToken);
        }

        var pending = _provider.GetTokenAsync(_scope, cancellationToken);
        return pending.IsCompletedSuccessfully ? pending.Result : pending.AsTask().GetAwaiter().GetResult();
    }

    private bool MayCarryToken(HttpRequestMessage request)
    {
        if (request.RequestUri is not { IsAbsoluteUri: true } address || HasCallersAuthorization(request.Headers))
        {
            return false;
        }

        if (_destinations.Allow(address))
        {
            return true;
        }

        // Nor may it carry the token of an earlier attempt that went elsewhere.
        request.Headers.Authorization = null;
        return false;
    }

    private static bool HasCallersAuthorization(HttpRequestHeaders headers)
        => headers.Authorization switch
        {
            // On a request that a retry handler around this one sends again: it is replaced.
            BearerAuthorizationHeader => false,

            // Also where there is one in a form that .NET cannot parse, such as AWS4-HMAC-SHA256.
            null => headers.NonValidated is { Count: > 0 } raw && raw.Contains("Authorization"),
            _ => true,
        };

    private bool IsRejection(HttpRequestMessage request, HttpResponseMessage response, CiamAccessToken token)
    {
        // A redirect removes the header, and then the 401 says nothing about the token. RFC 6750 section 3.1: another token
        // of the same scopes would not help against insufficient_scope.
        if (response.StatusCode != HttpStatusCode.Unauthorized
            || !ReferenceEquals(request.Headers.Authorization, token.AuthorizationHeader)
            || BearerChallenge.IsInsufficientScope(response.Headers.WwwAuthenticate))
        {
            return false;
        }

        _provider.Invalidate(token);
        if (!ReferenceEquals(Interlocked.Exchange(ref _lastRejected, token), token))
        {
            Log.TokenRefused(
                _logger,
                OriginSet.Of(request.RequestUri!),
                BearerChallenge.Describe(response.Headers.WwwAuthenticate, token),
                token.ToString());
        }

        return true;
    }

    private bool MayRetry(HttpRequestMessage request)
        => _retryOnUnauthorized && request.Content switch
        {
            null or ByteArrayContent or ReadOnlyMemoryContent => true,

            // A body that is generated while it is sent may exist only once.
            JsonContent json => json.Value is not IAsyncEnumerable<object>,
            _ => false,
        };

    private static HttpRequestMessage PrepareRetry(
        HttpRequestMessage request,
        HttpResponseMessage rejected,
        CiamAccessToken token)
    {
        rejected.Dispose();
        request.Headers.Authorization = token.AuthorizationHeader;
        return request;
    }
}
