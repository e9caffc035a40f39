namespace TwoTenants;

/// <summary>The names of the two tenants, which are also the names of their CIAM clients and configuration sections.</summary>
internal static class Tenants
{
    public const string Europe = "europe";
    public const string Asia = "asia";
}
