using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.DependencyInjection;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers applications of Tencent Cloud CIAM tenants.</summary>
/// <remarks>
/// Each registration provides <see cref="ICiamTokenProvider"/> (singleton) and <see cref="CiamTokenClient"/> (transient):
/// plain services for the unnamed client, keyed services for a named one. Options are validated when the host starts.
/// Registering a client twice is harmless: both calls configure its options, in their order.
/// </remarks>
public static class CiamClientCredentialsServiceCollectionExtensions
{
    private const string Section = "Ciam";

    /// <summary>Registers the unnamed client with the options of the configuration section "Ciam".</summary>
    /// <param name="services">The services.</param>
    /// <returns>The builder of the HttpClient that talks to the token endpoint.</returns>
    public static ICiamClientCredentialsBuilder AddCiamClientCredentials(this IServiceCollection services)
        => Add(services, Options.Options.DefaultName, options => options.BindTo(Section));

    /// <summary>Registers the unnamed client.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets its options.</param>
    /// <returns>The builder of the HttpClient that talks to the token endpoint.</returns>
    public static ICiamClientCredentialsBuilder AddCiamClientCredentials(
        this IServiceCollection services,
        Action<CiamClientCredentialsOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return Add(services, Options.Options.DefaultName, options => options.Configure(configure));
    }

    /// <summary>Registers the unnamed client.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets its options, with services such as a vault's client.</param>
    /// <returns>The builder of the HttpClient that talks to the token endpoint.</returns>
    public static ICiamClientCredentialsBuilder AddCiamClientCredentials(
        this IServiceCollection services,
        Action<IServiceProvider, CiamClientCredentialsOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return Add(services, Options.Options.DefaultName, options => Configure(options, configure));
    }

    /// <summary>Registers the unnamed client.</summary>
    /// <param name="services">The services.</param>
    /// <param name="section">The configuration section that holds its options. Changes are followed at run time.</param>
    /// <returns>The builder of the HttpClient that talks to the token endpoint.</returns>
    public static ICiamClientCredentialsBuilder AddCiamClientCredentials(
        this IServiceCollection services,
        IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return Add(services, Options.Options.DefaultName, options => options.BindTo(section));
    }

    /// <summary>Registers a named client with the options of the configuration section "Ciam:{name}".</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The client's name, which is also the key of its services and the name of its options.</param>
    /// <returns>The builder of the HttpClient that talks to the token endpoint.</returns>
    public static ICiamClientCredentialsBuilder AddCiamClientCredentials(this IServiceCollection services, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Add(services, name, options => options.BindTo($"{Section}:{name}"));
    }

    /// <summary>Registers a named client.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The client's name, which is also the key of its services and the name of its options.</param>
    /// <param name="configure">Sets its options.</param>
    /// <returns>The builder of the HttpClient that talks to the token endpoint.</returns>
    public static ICiamClientCredentialsBuilder AddCiamClientCredentials(
        this IServiceCollection services,
        string name,
        Action<CiamClientCredentialsOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        return Add(services, name, options => options.Configure(configure));
    }

    /// <summary>Registers a named client.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The client's name, which is also the key of its services and the name of its options.</param>
    /// <param name="configure">Sets its options, with services such as a vault's client.</param>
    /// <returns>The builder of the HttpClient that talks to the token endpoint.</returns>
    public static ICiamClientCredentialsBuilder AddCiamClientCredentials(
        this IServiceCollection services,
        string name,
        Action<IServiceProvider, CiamClientCredentialsOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        return Add(services, name, options => Configure(options, configure));
    }

    /// <summary>Registers a named client.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The client's name, which is also the key of its services and the name of its options.</param>
    /// <param name="section">The configuration section that holds its options. Changes are followed at run time.</param>
    /// <returns>The builder of the HttpClient that talks to the token endpoint.</returns>
    public static ICiamClientCredentialsBuilder AddCiamClientCredentials(
        this IServiceCollection services,
        string name,
        IConfiguration section)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(section);
        return Add(services, name, options => options.BindTo(section));
    }

    private static void Configure(
        OptionsBuilder<CiamClientCredentialsOptions> builder,
        Action<IServiceProvider, CiamClientCredentialsOptions> configure)
        => builder.Configure<IServiceProvider>((options, services) => configure(services, options));

    private static CiamClientCredentialsBuilder Add(
        IServiceCollection services,
        string name,
        Action<OptionsBuilder<CiamClientCredentialsOptions>> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        configure(services.AddOptions<CiamClientCredentialsOptions>(name).ValidateOnStart());
        services.TryAddSingleton<IOptionsMonitor<CiamClientCredentialsOptions>, LastValidOptionsMonitor>();
        CommonServices.AddTo(services);

        var clients = RegisteredClients.Of(services);
        var httpClientName = TokenEndpointHttpClient.Name(name);
        var tokenEndpoint = new CiamClientCredentialsBuilder(
            httpClientName, clients.GetHttpClientServices(services, httpClientName));

        // Only once: a second registration must not undo what the user has configured in between, such as a proxy.
        if (clients.Add(name))
        {
            TokenEndpointHttpClient.Configure(tokenEndpoint, name);

            // The unnamed client has no key.
            var key = name.Length == 0 ? null : name;
            services.Add(new ServiceDescriptor(
                typeof(CiamTokenClient), key, (provider, _) => CreateClient(provider, name), ServiceLifetime.Transient));
            if (!clients.HasProvider(services, key))
            {
                services.Add(new ServiceDescriptor(
                    typeof(ICiamTokenProvider), key, (provider, _) => CreateProvider(provider, name), ServiceLifetime.Singleton));
            }
        }

        return tokenEndpoint;
    }

    private static CiamTokenClient CreateClient(IServiceProvider provider, string name)
    {
        // Validated here, so that resolving the client reports what is wrong, and not each request.
        var options = provider.GetRequiredService<IOptionsMonitor<CiamClientCredentialsOptions>>();
        options.Get(name);
        return new CiamTokenClient(
            provider.GetRequiredService<IHttpClientFactory>().CreateClient(TokenEndpointHttpClient.Name(name)),
            () => options.Get(name),
            CommonServices.Clock(provider));
    }

    private static RegisteredTokenProvider CreateProvider(IServiceProvider provider, string name)
        => new(
            name,
            provider.GetRequiredService<IOptionsMonitor<CiamClientCredentialsOptions>>(),
            CommonServices.CreateRequester(provider, TokenEndpointHttpClient.Name(name)),
            CommonServices.Clock(provider),
            CommonServices.Logger(provider),
            provider.GetRequiredService<Metrics>(),
            provider.GetRequiredService<SlotEviction>(),
            CommonServices.CreateSharedCache(provider, TokenEndpointHttpClient.Name(name)),
            draw: null,
            provider.GetRequiredService<HostState>());
}
