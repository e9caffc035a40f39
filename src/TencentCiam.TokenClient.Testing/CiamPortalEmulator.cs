using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;

namespace TencentCiam.TokenClient.Testing;

/// <summary>
/// An in-process CIAM portal for tests: it issues real signed tokens, checks credentials and scopes as the portal does, fails
/// on demand, and records the requests that it receives. It uses no ports and no network.
/// </summary>
/// <remarks>
/// Connect a registered client with <c>services.AddCiamClientCredentials().UseEmulator(portal)</c>, or pass the handler of
/// <see cref="CreateHandler"/> to an HttpClient. Emulators share no state, and each is thread-safe.
/// </remarks>
[DebuggerDisplay("{Authority}")]
public sealed class CiamPortalEmulator : IDisposable
{
    private readonly object _gate = new();
    private readonly ConcurrentDictionary<string, CiamPortalApplication> _applications = new(StringComparer.Ordinal);
    private readonly RequestLog _requests = new();
    private readonly Queue<CiamPortalFault> _faults = new();

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly IssuedTokens _tokens;

    private readonly SigningKeys _signingKeys;
    private readonly PortalEndpoints _endpoints;
    private volatile CiamPortalFault? _outage;
    private volatile bool _disposed;

    /// <summary>Creates a portal with one application, <see cref="Application"/>.</summary>
    /// <param name="authority">
    /// The portal's address, with or without a path. Default: <c>https://ciam.test</c>, a name that never resolves
    /// (RFC 6761 section 6.2).
    /// </param>
    /// <param name="timeProvider">The clock by which tokens are issued and expire. Default: the system clock.</param>
    /// <param name="signingKey">
    /// The RSA private key that signs the tokens. Sharing one between portals saves generating a key for each. The caller
    /// disposes it. Default: a new 2048-bit key, generated when it is first needed.
    /// </param>
    /// <exception cref="ArgumentException">
    /// <paramref name="authority"/> is not an absolute HTTP or HTTPS URL, or has user info, a query or a fragment.
    /// </exception>
    public CiamPortalEmulator(Uri? authority = null, TimeProvider? timeProvider = null, RSA? signingKey = null)
    {
        Authority = authority ?? new Uri("https://ciam.test");
        PortalEndpoints.Validate(Authority);
        TimeProvider = timeProvider ?? TimeProvider.System;
        _signingKeys = new SigningKeys(signingKey, TimeProvider);
        _tokens = new IssuedTokens(TimeProvider);
        _endpoints = new PortalEndpoints(Authority, _applications, _signingKeys, _tokens, TimeProvider);
        Application = AddApplication();
    }

    /// <summary>The portal's address: the <see cref="CiamClientCredentialsOptions.Authority"/> of its clients.</summary>
    public Uri Authority { get; }

    /// <summary>The clock by which tokens are issued and expire.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>The application that every portal starts with.</summary>
    public CiamPortalApplication Application { get; }

    /// <summary>The portal's applications, in no particular order. The collection is a snapshot.</summary>
    public IReadOnlyCollection<CiamPortalApplication> Applications => [.. _applications.Values];

    /// <summary>
    /// The latest token and revocation requests, oldest first, without secrets and tokens. The list is a snapshot: later
    /// requests do not change it.
    /// </summary>
    public IReadOnlyList<CiamPortalRequest> Requests
    {
        get
        {
            lock (_gate)
            {
                return _requests.ToArray();
            }
        }
    }

    /// <summary>The number of requests that <see cref="Requests"/> keeps. At least 0. Default: 1,000.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MaxRecordedRequests
    {
        get
        {
            lock (_gate)
            {
                return _requests.MaxCount;
            }
        }

        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            lock (_gate)
            {
                _requests.MaxCount = value;
            }
        }
    }

    /// <summary>
    /// The fault that every token and revocation request encounters, until this is set to null. Faults queued with
    /// <see cref="FailNext"/> are used first.
    /// </summary>
    public CiamPortalFault? Outage
    {
        get => _outage;
        set => _outage = value;
    }

    /// <summary>Queues a fault for the next token or revocation requests, behind the faults that are already queued.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="times">The number of requests that encounter the fault. At least 1.</param>
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

    /// <summary>Discards the queued faults and ends the <see cref="Outage"/>.</summary>
    public void ClearFaults()
    {
        lock (_gate)
        {
            _faults.Clear();
            _outage = null;
        }
    }

    /// <summary>Empties the list of <see cref="Requests"/>.</summary>
    public void ClearRequests()
    {
        lock (_gate)
        {
            _requests.Clear();
        }
    }

    /// <summary>Adds an application. A portal can have any number of them, and requests continue meanwhile.</summary>
    /// <param name="clientId">The Client ID. Default: a generated one in CIAM's format.</param>
    /// <param name="clientSecret">
    /// The client secret. Default: a generated one in CIAM's format. It contains the characters <c>/</c> and <c>+</c>, so that
    /// a client that does not encode them is rejected.
    /// </param>
    /// <returns>The application.</returns>
    /// <exception cref="ArgumentException">An application with this Client ID exists, or an argument is empty.</exception>
    public CiamPortalApplication AddApplication(string? clientId = null, string? clientSecret = null)
    {
        var application = new CiamPortalApplication(
            clientId ?? CiamPortalApplication.CreateClientId(),
            clientSecret ?? CiamPortalApplication.CreateClientSecret());
        return _applications.TryAdd(application.ClientId, application)
            ? application
            : throw new ArgumentException($"The portal already has an application \"{application.ClientId}\".", nameof(clientId));
    }

    /// <summary>Finds an application.</summary>
    /// <param name="clientId">The Client ID.</param>
    /// <returns>The application; null if the portal has none with this Client ID.</returns>
    public CiamPortalApplication? FindApplication(string clientId)
    {
        ArgumentNullException.ThrowIfNull(clientId);
        return _applications.GetValueOrDefault(clientId);
    }

    /// <summary>Removes an application. Its tokens stay active until they expire or are revoked.</summary>
    /// <param name="clientId">The Client ID.</param>
    /// <returns>Whether the portal had such an application.</returns>
    public bool RemoveApplication(string clientId)
    {
        ArgumentNullException.ThrowIfNull(clientId);
        return _applications.TryRemove(clientId, out _);
    }

    /// <summary>Creates a handler that passes requests to this portal. Disposing it does not affect the portal.</summary>
    /// <returns>A new handler, which also supports synchronous requests.</returns>
    public HttpMessageHandler CreateHandler() => new EmulatorHandler(this);

    /// <summary>Creates an HttpClient for this portal. The token endpoint is at the relative address <c>oauth2/token</c>.</summary>
    /// <returns>A new HttpClient. Disposing it does not affect the portal.</returns>
    public HttpClient CreateClient() => new(CreateHandler()) { BaseAddress = new Uri(_endpoints.Issuer + "/") };

    /// <summary>
    /// Creates a handler that simulates an API which accepts this portal's tokens. Use it as the primary handler of the
    /// HttpClient under test, instead of the network.
    /// </summary>
    /// <param name="respond">Creates a new response to each request with an active token.</param>
    /// <returns>
    /// A new handler, which also supports synchronous requests. It rejects a request without a token with 401, and a request
    /// with a token that is not active (<see cref="IsActive"/>) with 401 and the challenge <c>invalid_token</c> (RFC 6750
    /// section 3.1).
    /// </returns>
    public HttpMessageHandler CreateResourceServerHandler(Func<HttpRequestMessage, HttpResponseMessage> respond)
    {
        ArgumentNullException.ThrowIfNull(respond);
        return new ResourceServerHandler(this, respond);
    }

    /// <summary>
    /// Checks whether this portal issued the access token, and the token is neither revoked nor expired. The clock is
    /// <see cref="TimeProvider"/>. The handler of <see cref="CreateResourceServerHandler"/> makes the same check.
    /// </summary>
    /// <param name="accessToken">The token, without the prefix <c>Bearer</c>.</param>
    /// <returns>Whether the token is active.</returns>
    public bool IsActive(string accessToken)
    {
        ArgumentNullException.ThrowIfNull(accessToken);
        return _tokens.FindOwner(accessToken) is not null;
    }

    /// <summary>Revokes every token issued so far.</summary>
    /// <remarks>
    /// A client replaces a token that an API rejects. It does not replace the replacement in the first tenth of its lifetime or,
    /// if that is shorter, the first 10 seconds. Before a second call of this method, advance the clock by at least that time.
    /// </remarks>
    public void RevokeAll() => _tokens.Clear();

    /// <summary>
    /// Replaces the key that signs the tokens. The key set lists the new key first, and the previous one until every token that
    /// it signed has expired. Those tokens stay active.
    /// </summary>
    /// <param name="signingKey">The new RSA private key. Default: a new 2048-bit key.</param>
    public void RotateSigningKey(RSA? signingKey = null) => _signingKeys.Rotate(signingKey);

    /// <summary>Shuts down the portal: later requests throw <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _disposed = true;
        _signingKeys.Dispose();
    }

    internal async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();

        var path = _endpoints.GetPath(request.RequestUri);
        var response = request.Method == HttpMethod.Post && path is PortalEndpoints.Token or PortalEndpoints.Revocation
            ? await HandleClientRequestAsync(request, path, async, cancellationToken).ConfigureAwait(false)
            : _endpoints.Handle(request, path);
        response.Headers.Date ??= TimeProvider.GetUtcNow();
        response.RequestMessage = request;
        return response;
    }

    private async Task<HttpResponseMessage> HandleClientRequestAsync(
        HttpRequestMessage request,
        string path,
        bool async,
        CancellationToken cancellationToken)
    {
        var client = await ClientRequest.ReadAsync(request, async, cancellationToken).ConfigureAwait(false);
        var fault = Record(request.RequestUri!, client, out var entry);
        var response = fault is null
            ? Respond()
            : await fault.RespondAsync(request, Respond, TimeProvider, cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            entry.Complete(response.StatusCode);
        }

        return response;

        HttpResponseMessage Respond() => _endpoints.Handle(path, client);
    }

    // One lock for both, so that requests are recorded in the order in which they take faults from the queue.
    private CiamPortalFault? Record(Uri uri, ClientRequest client, out RequestLog.Entry entry)
    {
        var receivedAt = TimeProvider.GetUtcNow();
        lock (_gate)
        {
            entry = _requests.Add(new CiamPortalRequest
            {
                Path = uri.AbsolutePath,
                GrantType = client.Form["grant_type"].FirstOrDefault(),
                ClientId = client.ClientId,
                Scope = client.Form["scope"].FirstOrDefault(),
                ClientAuthentication = client.Authentication,
                ReceivedAt = receivedAt,
            });
            return _faults.TryDequeue(out var fault) ? fault : _outage;
        }
    }
}
