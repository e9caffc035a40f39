using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TencentCiam.TokenClient.BearerToken;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient;

/// <summary>
/// Attaches a bearer token to the requests of an HttpClient (RFC 6750 section 2.1). Mostly added with
/// <c>AddCiamClientCredentialsHandler()</c>; public so that it also works without a factory.
/// </summary>
/// <remarks>
/// <para>A request whose caller set an Authorization header is left alone. To an origin that may not have the token, the
/// request goes out without one, with a warning.</para>
/// <para>When the resource answers 401 the token is dropped, and the request is sent once more with a new one if its body
/// can be sent again; otherwise the 401 is handed back. A 403 is never retried.</para>
/// <para>Sending throws <see cref="CiamTokenException"/> when no token can be had (the request is then not sent), and
/// <see cref="InvalidOperationException"/> for a plain http address of another machine.</para>
/// </remarks>
public sealed class CiamBearerTokenHandler : DelegatingHandler
{
    private const int MaxWarnings = 100;

    private readonly ICiamTokenProvider _provider;
    private readonly string? _scope;
    private readonly bool _allowInsecureHttp;
    private readonly bool _retryOnUnauthorized;
    private readonly OriginSet _registered;
    private readonly OriginSet _allowed = new();
    private readonly ILogger _logger;
    private readonly string _httpClientName;
    private readonly ConcurrentDictionary<string, bool> _warnedOf;
    private CiamAccessToken? _lastRefused;

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
            throw new ArgumentException(
                "Scope is malformed: write scope tokens separated by single spaces (RFC 6749 section 3.3).", nameof(options));
        }

        foreach (var origin in options.AllowedOrigins)
        {
            if (origin is not { IsAbsoluteUri: true })
            {
                throw new ArgumentException(
                    $"AllowedOrigins holds \"{origin}\": write an absolute address such as https://api.example.com.",
                    nameof(options));
            }

            _allowed.Add(origin);
        }

        _provider = provider;
        _scope = options.Scope;
        _allowInsecureHttp = options.AllowInsecureHttp;
        _retryOnUnauthorized = options.RetryOnUnauthorized;
        _registered = registered;
        _warnedOf = warnedOf;
        _logger = logger;
        _httpClientName = httpClientName;
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
            return SendWhenThereIsATokenAsync(request, pending, cancellationToken);
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
        if (!IsRefusal(request, response, token) || !MayRetry(request))
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
            : base.Send(Renew(request, response, next), cancellationToken);
    }

    private async Task<HttpResponseMessage> SendWhenThereIsATokenAsync(
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
        if (!IsRefusal(request, response, token) || !MayRetry(request))
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
            : await base.SendAsync(Renew(request, response, next), cancellationToken).ConfigureAwait(false);
    }

    // For synchronous callers there is no other way than to block while there is no token.
    private CiamAccessToken GetToken(CancellationToken cancellationToken)
    {
        var pending = _provider.GetTokenAsync(_scope, cancellationToken);
        return pending.IsCompletedSuccessfully ? pending.Result : pending.AsTask().GetAwaiter().GetResult();
    }

    private bool MayCarryToken(HttpRequestMessage request)
    {
        if (request.RequestUri is not { IsAbsoluteUri: true } address
            || HasAuthorizationOfTheCallers(request.Headers))
        {
            return false;
        }

        var isSecure = address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeWss;
        if (!isSecure && !_allowInsecureHttp && !address.IsLoopback)
        {
            throw new InvalidOperationException(
                $"The token was not sent to {OriginSet.Of(address)}, because anyone on the way could take it from plain http. Use "
                + $"https, or set {nameof(CiamBearerTokenHandlerOptions)}.{nameof(CiamBearerTokenHandlerOptions.AllowInsecureHttp)} "
                + "if the way is protected otherwise.");
        }

        if ((_registered.IsEmpty && _allowed.IsEmpty) || _registered.Contains(address) || _allowed.Contains(address))
        {
            return true;
        }

        var origin = OriginSet.Of(address);
        if (_warnedOf.Count < MaxWarnings && _warnedOf.TryAdd(origin, true))
        {
            Log.OriginNotAllowed(_logger, origin, _httpClientName);
        }

        // Nor may it carry the token of an earlier attempt that went elsewhere.
        request.Headers.Authorization = null;
        return false;
    }

    private static bool HasAuthorizationOfTheCallers(HttpRequestHeaders headers)
        => headers.Authorization switch
        {
            // On a request that is sent again, by a retry handler around this one: it is replaced.
            BearerAuthorizationHeader => false,

            // Also where there is one of a form that .NET cannot parse, such as AWS4-HMAC-SHA256.
            null => headers.NonValidated is { Count: > 0 } raw && raw.Contains("Authorization"),
            _ => true,
        };

    private bool IsRefusal(HttpRequestMessage request, HttpResponseMessage response, CiamAccessToken token)
    {
        // A redirect takes the header away, and then the 401 says nothing about the token. RFC 6750 section 3.1:
        // another token of the same scopes would not help against insufficient_scope.
        if (response.StatusCode != HttpStatusCode.Unauthorized
            || !ReferenceEquals(request.Headers.Authorization, token.AuthorizationHeader)
            || response.Headers.WwwAuthenticate.Any(challenge
                => string.Equals(challenge.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase)
                    && challenge.Parameter?.Contains("insufficient_scope", StringComparison.Ordinal) == true))
        {
            return false;
        }

        _provider.Invalidate(token);
        if (!ReferenceEquals(Interlocked.Exchange(ref _lastRefused, token), token))
        {
            Log.TokenRefused(_logger, OriginSet.Of(request.RequestUri!), token.ToString());
        }

        return true;
    }

    private bool MayRetry(HttpRequestMessage request)
        => _retryOnUnauthorized && request.Content switch
        {
            null or ByteArrayContent or ReadOnlyMemoryContent => true,

            // What is made while it is sent may be there only once.
            JsonContent json => json.Value is not IAsyncEnumerable<object>,
            _ => false,
        };

    private static HttpRequestMessage Renew(HttpRequestMessage request, HttpResponseMessage refused, CiamAccessToken token)
    {
        refused.Dispose();
        request.Headers.Authorization = token.AuthorizationHeader;
        return request;
    }
}
