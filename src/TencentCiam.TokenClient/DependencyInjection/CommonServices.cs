using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient.Caching;
using TencentCiam.TokenClient.DistributedCache;
using TencentCiam.TokenClient.Hosting;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.DependencyInjection;

/// <summary>The services that registered clients and clients of a store share.</summary>
internal static class CommonServices
{
    public static void AddTo(IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<
            IValidateOptions<CiamClientCredentialsOptions>, CiamClientCredentialsOptionsValidator>());
        services.TryAddSingleton<Metrics>();
        services.TryAddSingleton(provider => new SlotEviction(Clock(provider)));
        services.TryAddSingleton<HostState>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ClientStartup>());
        services.TryAddSingleton<ICiamTokenProviderFactory, CiamTokenProviderFactory>();
    }

    public static TimeProvider Clock(IServiceProvider provider) => provider.GetService<TimeProvider>() ?? TimeProvider.System;

    public static ILogger Logger(IServiceProvider provider)
        => provider.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category);

    /// <summary>Returns the provider of a registered client, which is the application's own if it has replaced it.</summary>
    public static ICiamTokenProvider? FindTokenProvider(this IServiceProvider provider, string name)
    {
        if (name.Length == 0)
        {
            return provider.GetService<ICiamTokenProvider>();
        }

        // The container remembers each key that it is asked to resolve, for ever, and names may come from outside the program.
        var isRegistered = provider.GetService<IServiceProviderIsKeyedService>()?.IsKeyedService(typeof(ICiamTokenProvider), name);
        return isRegistered != false ? provider.GetKeyedService<ICiamTokenProvider>(name) : null;
    }

    /// <summary>What the client of this builder shares with other instances; null if nothing.</summary>
    public static SharedTokenCache? CreateSharedCache(IServiceProvider provider, string builderName)
    {
        var options = provider.GetRequiredService<IOptionsMonitor<CiamDistributedTokenCacheOptions>>().Get(builderName);
        return options.IsEnabled
            ? new SharedTokenCache(provider.GetRequiredService<SharedCacheConnection>(), options)
            : null;
    }

    public static SharedCacheConnection CreateSharedCacheConnection(IServiceProvider provider)
        => new(provider.GetRequiredService<IDistributedCache>, Clock(provider), Logger(provider));

    public static TokenRequester CreateRequester(IServiceProvider provider, string httpClientName)
        => new(
            provider.GetRequiredService<IHttpClientFactory>(),
            provider.GetRequiredService<IHttpMessageHandlerFactory>(),
            httpClientName,
            Clock(provider));
}
