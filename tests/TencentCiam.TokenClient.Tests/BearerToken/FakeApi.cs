using System.Collections.Concurrent;
using System.Net;

namespace TencentCiam.TokenClient.Tests.BearerToken;

/// <summary>Owns a host and an API that checks with the portal whether a token is active.</summary>
internal sealed class FakeApi : IDisposable
{
    public FakeApi(
        Action<CiamBearerTokenHandlerOptions>? configure = null,
        string? baseAddress = "https://orders.example.com",
        Action<IHttpClientBuilder>? also = null,
        Action<IServiceCollection>? services = null)
    {
        Respond = (request, _) => new HttpResponseMessage(
            request.Headers.Authorization is { Scheme: "Bearer", Parameter: { } token } && Host!.Portal.IsActive(token)
                ? HttpStatusCode.OK
                : HttpStatusCode.Unauthorized);
        Host = new CiamHost(services: collection =>
        {
            var builder = collection.AddHttpClient("orders", client =>
            {
                client.BaseAddress = baseAddress is null ? null : new Uri(baseAddress);
            });
            also?.Invoke(builder);
            builder.AddCiamClientCredentialsHandler(configure)
                .ConfigurePrimaryHttpMessageHandler(() => new Primary(this));
            services?.Invoke(collection);
        });
    }

    public CiamHost Host { get; }

    /// <summary>The Authorization header and the body of each request that reached the API.</summary>
    public ConcurrentQueue<(string? Authorization, string Body)> Received { get; } = new();

    public Func<HttpRequestMessage, int, HttpResponseMessage> Respond { get; set; }

    public HttpClient Client => Host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");

    public Task<HttpResponseMessage> GetAsync(string address = "orders/1")
        => Client.GetAsync(new Uri(address, UriKind.RelativeOrAbsolute), TestContext.Current.CancellationToken);

    /// <summary>Acquires a token and revokes it once it is old enough to be invalidated.</summary>
    public async Task<CiamAccessToken> RevokedTokenAsync()
    {
        var token = await Host.TokenAsync();
        Host.Clock.AdvanceSeconds(30);
        Host.Portal.RevokeAll();
        return token;
    }

    public void Dispose() => Host.Dispose();

    private sealed class Primary(FakeApi owner) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken)
        {
            var body = new MemoryStream();
            await (request.Content?.CopyToAsync(body, cancellationToken) ?? Task.CompletedTask);
            return Handle(request, body);
        }

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = new MemoryStream();
            request.Content?.CopyTo(body, null, cancellationToken);
            return Handle(request, body);
        }

        private HttpResponseMessage Handle(HttpRequestMessage request, MemoryStream body)
        {
            owner.Received.Enqueue((
                request.Headers.Authorization?.ToString(), System.Text.Encoding.UTF8.GetString(body.ToArray())));
            var response = owner.Respond(request, owner.Received.Count);
            response.RequestMessage = request;
            return response;
        }
    }
}
