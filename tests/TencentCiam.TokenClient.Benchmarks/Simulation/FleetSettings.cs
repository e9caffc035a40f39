namespace TencentCiam.TokenClient.Benchmarks.Simulation;

/// <summary>What is simulated: instances that are called all the time and share one cache.</summary>
/// <param name="Instances">The number of instances.</param>
/// <param name="Lifetime">How long a token lives. Longer than the portal takes.</param>
/// <param name="PortalLatency">How long each token request takes.</param>
/// <param name="CacheLatency">How long a call of the cache takes on average; at most twice as long.</param>
/// <param name="UsesClaims">Without claims, an instance that finds no newer token in the cache sends a request at once.</param>
internal sealed record FleetSettings(
    int Instances,
    TimeSpan Lifetime,
    TimeSpan PortalLatency,
    TimeSpan CacheLatency,
    bool UsesClaims = true);
