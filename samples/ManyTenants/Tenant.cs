namespace ManyTenants;

/// <summary>A tenant as the database holds it. A real program encrypts the secret: see README.md.</summary>
internal sealed class Tenant
{
    /// <summary>The name in the routes, which is also the name of the CIAM client.</summary>
    public required string Name { get; init; }

    public required Uri Authority { get; set; }

    public required string ClientId { get; set; }

    public required string ClientSecret { get; set; }
}
