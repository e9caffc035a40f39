using Microsoft.Extensions.Diagnostics.HealthChecks;
using TencentCiam.TokenClient;

namespace TwoTenants;

/// <summary>
/// Whether tokens of the tenant that the check is named after are to be had. Mostly answered from the cache: it costs the
/// portal nothing.
/// </summary>
internal sealed class TokenHealthCheck(IServiceProvider services) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        // A named client's provider is a service keyed by the name.
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
