using Microsoft.EntityFrameworkCore;
using TencentCiam.TokenClient;

namespace ManyTenants;

/// <summary>
/// Finds the CIAM client of a tenant. The library asks it before each token request, in a scope of its own, so that it can use
/// the DbContext.
/// </summary>
internal sealed class TenantStore(TenantsDbContext database) : ICiamClientStore
{
    public async ValueTask<CiamClientCredentialsOptions?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var tenant = await database.Tenants.AsNoTracking().SingleOrDefaultAsync(tenant => tenant.Name == name, cancellationToken);
        return tenant is null
            ? null
            : new CiamClientCredentialsOptions
            {
                Authority = tenant.Authority,
                ClientId = tenant.ClientId,
                ClientSecret = tenant.ClientSecret,
            };
    }
}
