using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace TencentCiam.TokenClient.DependencyInjection;

/// <summary>Validates how tokens are shared, and that there is a cache to share them in.</summary>
internal sealed class CiamDistributedTokenCacheOptionsValidator(IServiceProvider services)
    : IValidateOptions<CiamDistributedTokenCacheOptions>
{
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromMinutes(1);

    public ValidateOptionsResult Validate(string? name, CiamDistributedTokenCacheOptions options)
    {
        if (!options.IsEnabled)
        {
            return ValidateOptionsResult.Skip;
        }

        List<string> faults = [];
        if (services.GetService<IServiceProviderIsService>()?.IsService(typeof(IDistributedCache)) == false)
        {
            faults.Add("AddDistributedTokenCache needs an IDistributedCache, and none is registered. Add one, for example with "
                + "services.AddStackExchangeRedisCache(...) of the package Microsoft.Extensions.Caching.StackExchangeRedis, or "
                + "services.AddDistributedSqlServerCache(...) of Microsoft.Extensions.Caching.SqlServer.");
        }

        if (options.KeyPrefix is null)
        {
            faults.Add("KeyPrefix of the distributed token cache is null: write a text, or an empty one.");
        }

        if (options.Timeout <= TimeSpan.Zero || options.Timeout > MaxTimeout)
        {
            faults.Add($"Timeout of the distributed token cache is {options.Timeout}, but must be more than zero and at most "
                + $"{MaxTimeout}.");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
