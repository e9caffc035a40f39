namespace TencentCiam.TokenClient.Fleet.Tests.Servers;

/// <summary>The servers that the tests run against.</summary>
public enum CacheServerKind
{
    /// <summary>In the tests' process, so that it needs no installation.</summary>
    Garnet,

    /// <summary>A process of its own. The tests are skipped where redis-server is not installed.</summary>
    Redis,
}
