using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;

namespace TencentCiam.TokenClient.Testing;

/// <summary>
/// A CIAM portal that lives in the test's own process: it issues real signed tokens, checks credentials and scopes as
/// the portal does, fails on demand, and records what it was asked. No ports, no network.
/// </summary>
/// <remarks>
/// Plug it into a registration with <c>services.AddCiamClientCredentials().UseEmulator(portal)</c>, or give
/// <see cref="CreateHandler"/> to an HttpClient. Emulators share nothing, and each is safe to use from several threads.
/// </remarks>
[DebuggerDisplay("{Authority}")]
public sealed class CiamPortalEmulator : IDisposable
{
    private const string TokenEndpointPath = "/oauth2/token";
    private const string RevocationEndpointPath = "/oauth2/revoke";

    private readonly object _gate = new();
    private readonly Dictionary<string, CiamPortalApplication> _applications = new(StringComparer.Ordinal);
    private readonly List<CiamPortalRequest> _requests = [];
    private readonly Queue<CiamPortalFault> _faults = new();

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly IssuedTokens _tokens;

    private readonly SigningKey _signingKey;
    private readonly string _issuer;
    private volatile CiamPortalFault? _outage;
    private volatile bool _disposed;

    /// <summary>Starts a portal with one application, <see cref="Application"/>.</summary>
    /// <param name="authority">
    /// The portal's address, with or without a path. Default: <c>https://ciam.test</c>, which no network resolves
    /// (RFC 6761 section 6.2).
    /// </param>
    /// <param name="timeProvider">The clock that dates and expires tokens. Default: the system's.</param>
    /// <param name="signingKey">
    /// The RSA private key that signs the tokens, for suites that would rather not wait for a new one with each portal. It
    /// stays the caller's to dispose. Default: a new 2048-bit key, made when it is first needed.
    /// </param>
    /// <exception cref="ArgumentException">
    /// <paramref name="authority"/> is no absolute http or https address, or has user info, a query or a fragment.
    /// </exception>
    public CiamPortalEmulator(Uri? authority = null, TimeProvider? timeProvider = null, RSA? signingKey = null)
    {
        Authority = authority ?? new Uri("https://ciam.test");
        if (!Authority.IsAbsoluteUri
            || (Authority.Scheme != Uri.UriSchemeHttps && Authority.Scheme != Uri.UriSchemeHttp)
            || Authority.UserInfo.Length > 0 || Authority.Query.Length > 0 || Authority.Fragment.Length > 0)
        {
            throw new ArgumentException(
                "The authority must be an absolute http or https address without user info, query or fragment.",
                nameof(authority));
        }

        TimeProvider = timeProvider ?? TimeProvider.System;
        _issuer = Authority.AbsoluteUri.TrimEnd('/');
        _signingKey = new SigningKey(signingKey);
        _tokens = new IssuedTokens(TimeProvider);
        Application = AddApplication();
    }

    /// <summary>The portal's address: what a client's <see cref="CiamClientCredentialsOptions.Authority"/> has to name.</summary>
    public Uri Authority { get; }

    /// <summary>The clock that dates and expires tokens.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>The application that every portal has from the start.</summary>
    public CiamPortalApplication Application { get; }

    /// <summary>
    /// The token and revocation requests so far, oldest first, without secrets and tokens: a snapshot, which later requests
    /// do not change. Kept for as long as the emulator is.
    /// </summary>
    public IReadOnlyList<CiamPortalRequest> Requests
    {
        get
        {
            lock (_gate)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>
    /// What every token and revocation request meets until this is null again. Faults queued with <see cref="FailNext"/>
    /// come first.
    /// </summary>
    public CiamPortalFault? Outage
    {
        get => _outage;
        set => _outage = value;
    }

    /// <summary>Has the next token or revocation requests meet a fault, after those that are queued already.</summary>
    /// <param name="fault">What they meet.</param>
    /// <param name="times">How many requests meet it. At least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is less than 1.</exception>
    public void FailNext(CiamPortalFault fault, int times = 1)
    {
        ArgumentNullException.ThrowIfNull(fault);
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        lock (_gate)
        {
            for (var i = 0; i < times; i++)
            {
                _faults.Enqueue(fault);
            }
        }
    }

    /// <summary>Adds another application.</summary>
    /// <param name="clientId">Its Client ID. Default: a new one that looks like CIAM's.</param>
    /// <param name="clientSecret">
    /// Its secret. Default: a new one that looks like CIAM's, and holds the characters <c>/</c> and <c>+</c>, so that a
    /// client which does not encode them is found out.
    /// </param>
    /// <returns>The application.</returns>
    /// <exception cref="ArgumentException">There is an application with this Client ID, or an argument is empty.</exception>
    public CiamPortalApplication AddApplication(string? clientId = null, string? clientSecret = null)
    {
        var application = new CiamPortalApplication(
            clientId ?? CiamPortalApplication.CreateClientId(),
            clientSecret ?? CiamPortalApplication.CreateClientSecret());
        lock (_gate)
        {
            if (!_applications.TryAdd(application.ClientId, application))
            {
                throw new ArgumentException($"The portal has an application \"{application.ClientId}\" already.", nameof(clientId));
            }
        }

        return application;
    }

    /// <summary>Creates a handler that takes requests to this portal. Disposing it does nothing to the portal.</summary>
    /// <returns>A new handler; it also serves synchronous requests.</returns>
    public HttpMessageHandler CreateHandler() => new EmulatorHandler(this);

    /// <summary>Creates an HttpClient for this portal, so that <c>oauth2/token</c> is the token endpoint.</summary>
    /// <returns>A new HttpClient. Disposing it does nothing to the portal.</returns>
    public HttpClient CreateClient() => new(CreateHandler()) { BaseAddress = new Uri(_issuer + "/") };

    /// <summary>
    /// Creates a handler that takes requests to an API which trusts this portal's tokens: what to give to the HttpClient of
    /// a client under test, in the place of the network.
    /// </summary>
    /// <param name="respond">Makes a new answer for each request that bears an active token.</param>
    /// <returns>
    /// A new handler; it also serves synchronous requests. It answers 401 to a request without a token, and to one whose
    /// token is not active (<see cref="IsActive"/>) with the challenge <c>invalid_token</c> of RFC 6750 section 3.1.
    /// </returns>
    public HttpMessageHandler CreateResourceServerHandler(Func<HttpRequestMessage, HttpResponseMessage> respond)
    {
        ArgumentNullException.ThrowIfNull(respond);
        return new ResourceServerHandler(this, respond);
    }

    /// <summary>
    /// Whether this portal issued the access token and would still honour it: neither revoked nor, on
    /// <see cref="TimeProvider"/>, expired. What <see cref="CreateResourceServerHandler"/> asks.
    /// </summary>
    /// <param name="accessToken">The token, as it comes after <c>Bearer</c>.</param>
    /// <returns>Whether it is active.</returns>
    public bool IsActive(string accessToken)
    {
        ArgumentNullException.ThrowIfNull(accessToken);
        return _tokens.FindOwner(accessToken) is not null;
    }

    /// <summary>Makes every token issued so far inactive.</summary>
    /// <remarks>
    /// A client replaces a token that an API refuses, unless it is very young, for then another would not help: younger than a
    /// tenth of its life, and than 10 seconds. Advance the clock between the token's first use and this.
    /// </remarks>
    public void RevokeAll() => _tokens.Clear();

    /// <summary>Ends the portal: later requests throw <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _disposed = true;
        _signingKey.Dispose();
    }

    internal async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();

        var response = (request.Method.Method, GetEndpointPath(request.RequestUri)) switch
        {
            ("POST", TokenEndpointPath or RevocationEndpointPath)
                => await HandleClientRequestAsync(request, async, cancellationToken).ConfigureAwait(false),
            ("GET", "/oauth2/jwks") => PortalResponse.Json(HttpStatusCode.OK, _signingKey.WriteKeySet),
            ("GET", "/.well-known/openid-configuration") => Discovery.CreateResponse(_issuer),
            _ => PortalResponse.NotFound(request.RequestUri!.AbsolutePath, TimeProvider.GetUtcNow()),
        };
        response.Headers.Date ??= TimeProvider.GetUtcNow();
        response.RequestMessage = request;
        return response;
    }

    private async Task<HttpResponseMessage> HandleClientRequestAsync(
        HttpRequestMessage request,
        bool async,
        CancellationToken cancellationToken)
    {
        var client = await ClientRequest.ReadAsync(request, async, cancellationToken).ConfigureAwait(false);
        var fault = Record(request.RequestUri!, client, out var index);
        var response = fault is null
            ? null
            : await fault.ApplyAsync(request, TimeProvider, cancellationToken).ConfigureAwait(false);
        response ??= AuthenticateAndHandle(GetEndpointPath(request.RequestUri!), client);
        lock (_gate)
        {
            _requests[index] = _requests[index] with { StatusCode = response.StatusCode };
        }

        return response;
    }

    // One lock for both, so that the order of the records is the order in which faults are met.
    private CiamPortalFault? Record(Uri uri, ClientRequest client, out int index)
    {
        lock (_gate)
        {
            index = _requests.Count;
            _requests.Add(new CiamPortalRequest
            {
                Path = uri.AbsolutePath,
                GrantType = client.Form["grant_type"].FirstOrDefault(),
                ClientId = client.ClientId,
                Scope = client.Form["scope"].FirstOrDefault(),
                ClientAuthentication = client.Authentication,
                ReceivedAt = TimeProvider.GetUtcNow(),
            });
            return _faults.TryDequeue(out var fault) ? fault : _outage;
        }
    }

    private HttpResponseMessage AuthenticateAndHandle(string path, ClientRequest client)
    {
        if (client.IsMalformed)
        {
            return PortalResponse.Error(HttpStatusCode.BadRequest, "invalid_request");
        }

        if (client.Authentication is null)
        {
            // [D, S] Neither a body nor the challenge that RFC 9110 section 15.5.2 demands.
            return new HttpResponseMessage(HttpStatusCode.Unauthorized);
        }

        if (FindApplication(client.ClientId!) is not { IsEnabled: true } application
            || application.ClientSecret != client.ClientSecret)
        {
            return PortalResponse.Error(HttpStatusCode.Unauthorized, "invalid_client");
        }

        return path == TokenEndpointPath
            ? TokenEndpoint.Handle(application, client.Form, _issuer, _signingKey, _tokens, TimeProvider)
            : RevocationEndpoint.Handle(application, client.Form, _tokens);
    }

    private CiamPortalApplication? FindApplication(string clientId)
    {
        lock (_gate)
        {
            return _applications.GetValueOrDefault(clientId);
        }
    }

    private string GetEndpointPath(Uri? uri)
    {
        // A request that was not meant for this portal is a mistake in the test: a canned 404 would hide it.
        if (uri is not { IsAbsoluteUri: true }
            || Uri.Compare(uri, Authority, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) != 0)
        {
            var target = uri is { IsAbsoluteUri: true } ? uri.GetLeftPart(UriPartial.Authority) : "no absolute address";
            throw new InvalidOperationException(
                $"The emulated CIAM portal is at {Authority}, but the request is for {target}. Set the client's Authority "
                + "to that of the emulator, or use another handler for requests to other servers.");
        }

        var basePath = Authority.AbsolutePath.TrimEnd('/');
        return uri.AbsolutePath.StartsWith(basePath, StringComparison.Ordinal) ? uri.AbsolutePath[basePath.Length..] : "";
    }
}
