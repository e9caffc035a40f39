using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Identity.Client;
using TencentCiam.TokenClient.Benchmarks.InMemory;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>Microsoft.Identity.Client with its in-memory cache of application tokens and an OpenID Connect authority.</summary>
internal sealed class MsalPeer : HandlerPeer
{
    private static readonly string[] Scopes = ["identity_proofing"];

    private readonly IConfidentialClientApplication _application;

    public MsalPeer(InMemoryEnvironment environment)
        : this(Build(environment), environment.Resource)
    {
    }

    private MsalPeer(IConfidentialClientApplication application, HttpMessageHandler resource)
        : base(new MsalHandler(application), resource) => _application = application;

    public override Task AcquireAsync()
        => _application.AcquireTokenForClient(Scopes).WithForceRefresh(true).ExecuteAsync();

    private static IConfidentialClientApplication Build(InMemoryEnvironment environment)
        => ConfidentialClientApplicationBuilder.Create(Application.ClientId)
            .WithClientSecret(Application.ClientSecret)
            .WithOidcAuthority(InMemoryEnvironment.Authority.AbsoluteUri)
            .WithInstanceDiscovery(false)
            .WithHttpClientFactory(new HttpClientFactory(new HttpClient(new DiscoveryHandler { InnerHandler = environment.Endpoint })))
            .Build();

    private sealed class MsalHandler(IConfidentialClientApplication application) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken)
        {
            var result = await application.AcquireTokenForClient(Scopes).ExecuteAsync(cancellationToken).ConfigureAwait(false);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", result.AccessToken);
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
    }

    private sealed class HttpClientFactory(HttpClient client) : IMsalHttpClientFactory
    {
        public HttpClient GetHttpClient() => client;
    }

    /// <summary>Handles the discovery request that the authority requires, so that the endpoint counts only token requests.</summary>
    private sealed class DiscoveryHandler : DelegatingHandler
    {
        private static readonly byte[] Configuration = Encoding.UTF8.GetBytes(
            $$"""
            {
              "issuer": "{{InMemoryEnvironment.Authority}}",
              "authorization_endpoint": "{{new Uri(InMemoryEnvironment.Authority, "oauth2/authorize")}}",
              "token_endpoint": "{{InMemoryEnvironment.TokenAddress}}"
            }
            """);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => request.Method == HttpMethod.Get
                ? Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(Configuration) })
                : base.SendAsync(request, cancellationToken);
    }
}
