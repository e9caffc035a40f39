using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.ClientStore;
using TencentCiam.TokenClient.DependencyInjection;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers a store of CIAM clients that are known only at run time.</summary>
public static class CiamClientStoreServiceCollectionExtensions
{
    /// <summary>
    /// Registers the store, which is asked for every client name that is not registered. Requests choose a client with
    /// <see cref="CiamHttpRequestMessageExtensions.UseCiamClient"/> or
    /// <see cref="CiamBearerTokenHandlerOptions.SelectClient"/>; other code gets its tokens from
    /// <see cref="ICiamTokenProviderFactory"/>.
    /// </summary>
    /// <remarks>
    /// The store is a scoped service, so that it can use a DbContext. Register <typeparamref name="TStore"/> yourself, before or
    /// after, to give it another lifetime. Registering the same store twice is harmless; of two different ones, the last is used.
    /// </remarks>
    /// <typeparam name="TStore">The application's store.</typeparam>
    /// <param name="services">The services.</param>
    /// <returns>The builder of the HttpClient that all clients of the store share to talk to their token endpoints.</returns>
    public static ICiamClientCredentialsBuilder AddCiamClientStore<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStore>(this IServiceCollection services)
        where TStore : class, ICiamClientStore
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddScoped<TStore>();
        services.Replace(ServiceDescriptor.Scoped<ICiamClientStore>(provider => provider.GetRequiredService<TStore>()));
        CommonServices.AddTo(services);

        var clients = RegisteredClients.Of(services);
        var builder = new CiamClientCredentialsBuilder(
            TokenEndpointHttpClient.StoreName,
            clients.GetHttpClientServices(services, TokenEndpointHttpClient.StoreName));

        // Only once: a second registration must not undo what the user has configured in between, such as a proxy.
        if (!services.Any(service => service.ServiceType == typeof(StoredClients)))
        {
            services.AddOptions();
            TokenEndpointHttpClient.Configure(builder, "(store)");
            services.AddSingleton<ClientLookup>();
            services.AddSingleton(CreateClients);
        }

        return builder;
    }

    private static StoredClients CreateClients(IServiceProvider provider)
        => new(
            provider.GetRequiredService<ClientLookup>(),
            provider.GetRequiredService<IOptions<ClientStoreSettings>>(),
            CommonServices.CreateRequester(provider, TokenEndpointHttpClient.StoreName),
            CommonServices.Clock(provider),
            CommonServices.Logger(provider),
            provider.GetRequiredService<Metrics>(),
            provider.GetRequiredService<SlotEviction>(),
            provider.GetRequiredService<HostState>(),
            CommonServices.CreateSharedCache(provider, TokenEndpointHttpClient.StoreName));
}
