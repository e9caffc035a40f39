using Microsoft.Extensions.Diagnostics.HealthChecks;
using TencentCiam.TokenClient;

namespace TwoTenants;

/// <summary>
/// Checks that a token can be obtained from the tenant after which the check is named. The cache serves most checks, so they
/// put no load on the portal.
/// </summary>
internal sealed class TokenHealthCheck(IServiceProvider services) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        // The provider of a named client is a keyed service; the key is the name.
        var tokens = services.GetRequiredKeyedService<ICiamTokenProvider>(context.Registration.Name);
        try
        {
            await tokens.GetTokenAsync(cancellationToken: cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (CiamTokenException e)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, e.Message);
        }
    }
}
