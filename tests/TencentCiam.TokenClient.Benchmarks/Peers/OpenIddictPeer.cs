using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using OpenIddict.Abstractions;
using OpenIddict.Client;
using TencentCiam.TokenClient.Benchmarks.InMemory;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>OpenIddict.Client with a static configuration. It has no cache: each call requests a token.</summary>
internal sealed class OpenIddictPeer : HandlerPeer
{
    private readonly ServiceProvider _services;
    private readonly OpenIddictClientService _client;

    public OpenIddictPeer(InMemoryEnvironment environment)
        : this(Services(environment).BuildServiceProvider(), environment.Resource)
    {
    }

    private OpenIddictPeer(ServiceProvider services, HttpMessageHandler resource)
        : base(new OpenIddictHandler(services.GetRequiredService<OpenIddictClientService>()), resource)
    {
        _services = services;
        _client = services.GetRequiredService<OpenIddictClientService>();
    }

    public override async Task AcquireAsync()
        => await _client.AuthenticateWithClientCredentialsAsync(new()).ConfigureAwait(false);

    public override void Dispose()
    {
        base.Dispose();
        _services.Dispose();
    }

    private static ServiceCollection Services(InMemoryEnvironment environment)
    {
        var services = new ServiceCollection();
        services.AddOpenIddict().AddClient(client =>
        {
            client.AllowClientCredentialsFlow();
            client.DisableTokenStorage();
            client.UseSystemNetHttp();
            client.AddRegistration(new OpenIddictClientRegistration
            {
                Issuer = InMemoryEnvironment.Authority,
                ClientId = Application.ClientId,
                ClientSecret = Application.ClientSecret,
                Configuration = new OpenIddictConfiguration
                {
                    Issuer = InMemoryEnvironment.Authority,
                    TokenEndpoint = InMemoryEnvironment.TokenAddress,
                    GrantTypesSupported = { OpenIddictConstants.GrantTypes.ClientCredentials },
                    TokenEndpointAuthMethodsSupported = { OpenIddictConstants.ClientAuthenticationMethods.ClientSecretPost },
                },
            });
        });
        services.AddSingleton<IHttpMessageHandlerBuilderFilter>(new EndpointFilter(environment.Endpoint));
        return services;
    }

    private sealed class OpenIddictHandler(OpenIddictClientService client) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken)
        {
            var result = await client.AuthenticateWithClientCredentialsAsync(new() { CancellationToken = cancellationToken })
                .ConfigureAwait(false);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", result.AccessToken);
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Replaces the primary handler with the endpoint. OpenIddict itself does not accept a handler.</summary>
    private sealed class EndpointFilter(HttpMessageHandler endpoint) : IHttpMessageHandlerBuilderFilter
    {
        public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next)
            => builder =>
            {
                next(builder);
                builder.PrimaryHandler = endpoint;
            };
    }
}
