using Microsoft.EntityFrameworkCore;

namespace ManyTenants;

internal sealed class TenantsDbContext(DbContextOptions<TenantsDbContext> options) : DbContext(options)
{
    public DbSet<Tenant> Tenants => Set<Tenant>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
        => modelBuilder.Entity<Tenant>().HasKey(tenant => tenant.Name);
}
