using System.Collections.Concurrent;

namespace TencentCiam.TokenClient.DocumentationTests.Recipes;

/// <summary>Stands for the user's own database or vault.</summary>
public sealed class TenantDatabase
{
    public ConcurrentDictionary<string, Tenant> Tenants { get; } = [];

    public Task<Tenant?> FindTenantAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Tenants.GetValueOrDefault(name));
    }
}

public sealed record Tenant(Uri Authority, string ClientId, string ClientSecret);
