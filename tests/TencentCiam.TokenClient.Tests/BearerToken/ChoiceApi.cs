using System.Collections.Concurrent;
using System.Net;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>
/// Owns an API and the fake token providers of the unnamed client, "europe" and "asia". A token reads as the client, the scope and
/// how many tokens were invalidated before: "europe/read/0".
/// </summary>
internal sealed class ChoiceApi : IDisposable
{
    private readonly ServiceProvider _services;

    /// <param name="configure">The options of the handler.</param>
    /// <param name="client">The handler's own client.</param>
    /// <param name="outside">The handler outside of the token handler.</param>
    /// <param name="inside">The handler inside of it.</param>
    /// <param name="innerScope">The scope of a second token handler, inside of the first; null for none.</param>
    /// <param name="baseAddress">The BaseAddress of the HttpClient.</param>
    public ChoiceApi(
        Action<CiamBearerTokenHandlerOptions>? configure = null,
        string client = "",
        DelegatingHandler? outside = null,
        DelegatingHandler? inside = null,
        string? innerScope = null,
        string baseAddress = "https://orders.example.com")
    {
        var services = new ServiceCollection();
        services.AddSingleton<ICiamTokenProvider>(Unnamed);
        services.AddKeyedSingleton<ICiamTokenProvider>("europe", Europe);
        services.AddKeyedSingleton<ICiamTokenProvider>("asia", Asia);
        var builder = services.AddHttpClient("orders", http => http.BaseAddress = new Uri(baseAddress));
        Add(outside);
        _ = client.Length == 0
            ? builder.AddCiamClientCredentialsHandler(configure)
            : builder.AddCiamClientCredentialsHandler(client, configure);
        Add(inside);
        if (innerScope is not null)
        {
            builder.AddCiamClientCredentialsHandler(options => options.Scope = innerScope);
        }

        builder.ConfigurePrimaryHttpMessageHandler(() => new Primary(this));
        _services = services.BuildServiceProvider();

        void Add(DelegatingHandler? handler)
            => _ = handler is null ? builder : builder.AddHttpMessageHandler(() => handler);
    }

    public FakeTokens Unnamed { get; } = new("unnamed");

    public FakeTokens Europe { get; } = new("europe");

    public FakeTokens Asia { get; } = new("asia");

    /// <summary>The Authorization header of each request that reached the API, as it was sent.</summary>
    public ConcurrentQueue<string?> Received { get; } = new();

    /// <summary>The status of each response by its number, from 1.</summary>
    public Func<int, HttpStatusCode> Respond { get; set; } = _ => HttpStatusCode.OK;

    /// <summary>Sends a request, and once more synchronously, and returns the headers of both.</summary>
    public async Task<string?[]> SendBothWaysAsync(Action<HttpRequestMessage>? choose = null, string address = "1")
    {
        await SendAsync(choose, address);
        Send(choose, address);
        return [.. Received];
    }

    public async Task<HttpStatusCode> SendAsync(Action<HttpRequestMessage>? choose = null, string address = "1")
    {
        using var request = Request(choose, address);
        using var response = await Client().SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    public HttpStatusCode Send(Action<HttpRequestMessage>? choose = null, string address = "1")
    {
        using var request = Request(choose, address);
        using var response = Client().Send(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    public void Dispose() => _services.Dispose();

    private static HttpRequestMessage Request(Action<HttpRequestMessage>? choose, string address)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        choose?.Invoke(request);
        return request;
    }

    private HttpClient Client() => _services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");

    internal sealed class FakeTokens(string client) : ICiamTokenProvider
    {
        private int _invalidated;

        /// <summary>How often a token was asked for.</summary>
        public int Lookups { get; private set; }

        public ValueTask<CiamAccessToken> GetTokenAsync(string? scope = null, CancellationToken cancellationToken = default)
        {
            Lookups++;
            return new(new CiamAccessToken(
                $"{client}/{(string.IsNullOrEmpty(scope) ? "own" : scope)}/{_invalidated}", TimeSpan.FromMinutes(5), default));
        }

        public void Invalidate(CiamAccessToken token) => _invalidated++;
    }

    private sealed class Primary(ChoiceApi owner) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => Task.FromResult(Send(request, cancellationToken));

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            owner.Received.Enqueue(
                request.Headers.NonValidated.TryGetValues("Authorization", out var values) ? values.ToString() : null);
            return new HttpResponseMessage(owner.Respond(owner.Received.Count)) { RequestMessage = request };
        }
    }
}
