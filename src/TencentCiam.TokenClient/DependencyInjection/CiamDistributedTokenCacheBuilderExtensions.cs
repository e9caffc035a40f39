using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using TencentCiam.TokenClient;
using TencentCiam.TokenClient.DependencyInjection;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Shares the tokens of CIAM clients between the instances of an application.</summary>
public static class CiamDistributedTokenCacheBuilderExtensions
{
    /// <summary>
    /// Shares the client's tokens, or those of all clients of a store, in the application's <c>IDistributedCache</c>: one token
    /// request serves all instances. The tokens are encrypted with a key that is derived from the client secret. A cache that is
    /// slow or down fails no call.
    /// </summary>
    /// <remarks>
    /// Register the cache too, for example with <c>services.AddStackExchangeRedisCache(...)</c> of the package
    /// Microsoft.Extensions.Caching.StackExchangeRedis. Without one, the host does not start.
    /// </remarks>
    /// <param name="builder">The client, or the store.</param>
    /// <param name="configure">Sets how the cache is used.</param>
    /// <returns>The same builder.</returns>
    public static ICiamClientCredentialsBuilder AddDistributedTokenCache(
        this ICiamClientCredentialsBuilder builder,
        Action<CiamDistributedTokenCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = builder.Services.AddOptions<CiamDistributedTokenCacheOptions>(builder.Name)
            .Configure(options => options.IsEnabled = true)
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<
            IValidateOptions<CiamDistributedTokenCacheOptions>, CiamDistributedTokenCacheOptionsValidator>());
        builder.Services.TryAddSingleton(CommonServices.CreateSharedCacheConnection);
        return builder;
    }
}
