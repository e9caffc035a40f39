namespace TwoTenants;

/// <summary>The names of the two tenants: of their CIAM clients, and of their sections in the configuration.</summary>
internal static class Tenants
{
    public const string Europe = "europe";
    public const string Asia = "asia";
}
