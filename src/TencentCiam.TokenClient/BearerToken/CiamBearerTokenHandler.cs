using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TencentCiam.TokenClient.BearerToken;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient;

/// <summary>
/// Attaches a bearer token to the requests of an HttpClient (RFC 6750 section 2.1). Usually added with
/// <c>AddCiamClientCredentialsHandler()</c>; public so that it also works without a factory.
/// </summary>
/// <remarks>
/// <para>A request that already has an Authorization header is sent unchanged. A request to an origin that may not receive the
/// token is sent without one, and a warning is logged.</para>
/// <para>When the resource responds with 401, another token is acquired and the request is sent once more with it, if exactly
/// the same bytes can be sent again. If not, or if there is no other token, the 401 is returned. A 403 is never retried.</para>
/// <para>Sending throws <see cref="CiamTokenException"/> when no token can be obtained (the request is then not sent), and
/// <see cref="InvalidOperationException"/> for a plain http address of another machine, or one that a proxy carries.</para>
/// </remarks>
public sealed class CiamBearerTokenHandler : DelegatingHandler
{
    private readonly Func<HandlerSetup> _createSetup;
    private readonly AttachedTokens _attached;
    private readonly ILogger _logger;
    private volatile HandlerSetup? _setup;
    private volatile bool _allowsInsecureHttp;
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
    {
        ArgumentNullException.ThrowIfNull(provider);
        options ??= new();
        var setup = new HandlerSetup(
            provider, options, new TokenDestinations(options, RegisteredBaseAddress.None, new(), NullLogger.Instance, ""));
        _createSetup = () => setup;
        _attached = new AttachedTokens();
        _logger = NullLogger.Instance;
    }

    /// <param name="createSetup">
    /// Called at the first send, and again at later ones until it succeeds. Not called earlier, because the factory would keep
    /// the exception.
    /// </param>
    /// <param name="attached">The tokens that were attached by the handlers of the same registration.</param>
    /// <param name="logger">The handler's logger.</param>
    internal CiamBearerTokenHandler(Func<HandlerSetup> createSetup, AttachedTokens attached, ILogger logger)
    {
        _createSetup = createSetup;
        _attached = attached;
        _logger = logger;
    }

    /// <summary>Whether a <see cref="PlainHttpGuardHandler"/> checks the final address instead of this handler.</summary>
    internal bool HasPlainHttpGuard { get; set; }

    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var setup = _setup ?? Prepare();
        if (!MayCarryToken(setup, request))
        {
            return base.SendAsync(request, cancellationToken);
        }

        var source = setup.Choose(request);
        var pending = source.GetTokenAsync(cancellationToken);
        var sentRequest = new SentRequest(request, setup.RetryOnUnauthorized);
        if (!pending.IsCompletedSuccessfully || sentRequest.IsRecorded)
        {
            return SendSlowlyAsync(source, request, sentRequest, pending, cancellationToken);
        }

        var token = pending.Result;
        Attach(request, token);
        var sent = base.SendAsync(request, cancellationToken);
        return sent.IsCompletedSuccessfully && sent.Result.StatusCode != HttpStatusCode.Unauthorized
            ? sent
            : FinishAsync(source, request, sentRequest, sent, token, cancellationToken);
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var setup = _setup ?? Prepare();
        if (!MayCarryToken(setup, request))
        {
            return base.Send(request, cancellationToken);
        }

        var source = setup.Choose(request);
        var token = source.GetToken(cancellationToken);
        var sentRequest = new SentRequest(request, setup.RetryOnUnauthorized);
        try
        {
            Attach(request, token);
            var response = base.Send(request, cancellationToken);
            if (!IsRejected(source, request, response, token) || !sentRequest.CanRepeat)
            {
                return response;
            }

            CiamAccessToken next;
            try
            {
                next = source.GetToken(cancellationToken);
            }
            catch (CiamTokenException)
            {
                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }

            return next.Value == token.Value
                ? response
                : base.Send(PrepareRetry(request, sentRequest, response, next), cancellationToken);
        }
        finally
        {
            sentRequest.End();
        }
    }

    private async Task<HttpResponseMessage> SendSlowlyAsync(
        TokenSource source,
        HttpRequestMessage request,
        SentRequest sentRequest,
        ValueTask<CiamAccessToken> pending,
        CancellationToken cancellationToken)
    {
        try
        {
            var token = await pending.ConfigureAwait(false);
            Attach(request, token);
            var sent = base.SendAsync(request, cancellationToken);
            return await FinishAsync(source, request, sentRequest, sent, token, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            sentRequest.End();
        }
    }

    private async Task<HttpResponseMessage> FinishAsync(
        TokenSource source,
        HttpRequestMessage request,
        SentRequest sentRequest,
        Task<HttpResponseMessage> sent,
        CiamAccessToken token,
        CancellationToken cancellationToken)
    {
        var response = await sent.ConfigureAwait(false);
        if (!IsRejected(source, request, response, token) || !sentRequest.CanRepeat)
        {
            return response;
        }

        CiamAccessToken next;
        try
        {
            next = await source.GetTokenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (CiamTokenException)
        {
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }

        return next.Value == token.Value
            ? response
            : await base.SendAsync(PrepareRetry(request, sentRequest, response, next), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Throws if the request would carry a token of this handler to another machine in plain text.</summary>
    internal void ThrowIfExposed(HttpRequestMessage request, HttpMessageHandler? inner)
    {
        if (!_allowsInsecureHttp
            && request.RequestUri is { } address
            && RequestChoice.WithoutToken.Of(request) is null
            && !_attached.HasHeaderOfOthers(request.Headers))
        {
            PlainHttp.ThrowIfExposed(address, inner);
        }
    }

    private HandlerSetup Prepare()
    {
        // The inner token handlers must not replace what this one attaches.
        for (var inner = InnerHandler as DelegatingHandler; inner is not null; inner = inner.InnerHandler as DelegatingHandler)
        {
            if (inner is CiamBearerTokenHandler tokenHandler)
            {
                _attached.AddInside(tokenHandler._attached);
            }
        }

        var setup = _createSetup();
        _allowsInsecureHttp = setup.AllowInsecureHttp;
        if (setup.Destinations.AreKnown)
        {
            _setup = setup;
        }

        return setup;
    }

    private bool MayCarryToken(HandlerSetup setup, HttpRequestMessage request)
    {
        if (RequestChoice.WithoutToken.Of(request) is not null)
        {
            RemoveAttachedHeader(request);
            return false;
        }

        if (request.RequestUri is not { IsAbsoluteUri: true } address)
        {
            return false;
        }

        if (_attached.HasHeaderOfOthers(request.Headers) && !(setup.ReplaceAuthorization && MayReplaceHeader(setup, request, address)))
        {
            return false;
        }

        if (!setup.AllowInsecureHttp && !HasPlainHttpGuard)
        {
            PlainHttp.ThrowIfExposed(address, InnerHandler);
        }

        if (setup.Destinations.Allow(address))
        {
            return true;
        }

        // An earlier attempt, to another address, may have left a token.
        request.Headers.Authorization = null;
        return false;
    }

    private bool MayReplaceHeader(HandlerSetup setup, HttpRequestMessage request, Uri address)
        => !_attached.HasHeaderFromOutside(request.Headers) && setup.Destinations.Allow(address);

    private void RemoveAttachedHeader(HttpRequestMessage request)
    {
        if (_attached.HasAttachedHeader(request.Headers))
        {
            request.Headers.Authorization = null;
        }
    }

    private void Attach(HttpRequestMessage request, CiamAccessToken token)
    {
        _attached.Add(token);
        request.Headers.Authorization = token.AuthorizationHeader;
    }

    private bool IsRejected(
        TokenSource source,
        HttpRequestMessage request,
        HttpResponseMessage response,
        CiamAccessToken token)
    {
        // A redirect removes the header, and then the 401 says nothing about the token. RFC 6750 section 3.1: another token
        // of the same scopes would not help against insufficient_scope.
        if (response.StatusCode != HttpStatusCode.Unauthorized
            || !ReferenceEquals(request.Headers.Authorization, token.AuthorizationHeader)
            || BearerChallenge.IsInsufficientScope(response.Headers.WwwAuthenticate))
        {
            return false;
        }

        source.Provider.Invalidate(token);
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

    private HttpRequestMessage PrepareRetry(
        HttpRequestMessage request,
        SentRequest sentRequest,
        HttpResponseMessage rejected,
        CiamAccessToken token)
    {
        rejected.Dispose();
        sentRequest.Rewind();
        Attach(request, token);
        return request;
    }
}
