namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>All peers, in the order of the tables.</summary>
internal static class PeerCatalogue
{
    public static readonly PeerSetup Ours = new(
        "TencentCiam.TokenClient", "defaults", environment => new OursPeer(environment), UsesTimeProvider: true);

    public static readonly PeerSetup OursWithFactory = new(
        "TencentCiam.TokenClient", "IHttpClientFactory", environment => new OursWithFactoryPeer(environment), UsesTimeProvider: true);

    public static IReadOnlyList<PeerSetup> All { get; } =
    [
        Ours,
        OursWithFactory,
        new("Hand-written handler", "SemaphoreSlim, 60 s margin", environment => new HandWrittenPeer(environment, TimeSpan.FromSeconds(60)), UsesTimeProvider: true),
        new("Hand-written handler", "SemaphoreSlim, no margin", environment => new HandWrittenPeer(environment, TimeSpan.Zero), UsesTimeProvider: true),
        new("Microsoft.Identity.Client 4.92.0", "defaults", environment => new MsalPeer(environment)),
        new("Azure.Core 1.64.0", "defaults", environment => new AzureCorePeer(environment, setsRefreshOn: false), RequestsTokens: false),
        new("Azure.Core 1.64.0", "RefreshOn at 80% of lifetime", environment => new AzureCorePeer(environment, setsRefreshOn: true), RequestsTokens: false),
        new("Google.Apis.Auth 1.78.0", "defaults", environment => new GoogleAuthPeer(environment), UsesTimeProvider: true),
        new("OpenIddict.Client 7.8.0", "defaults, no cache", environment => new OpenIddictPeer(environment)),
        new("Duende.IdentityModel 8.1.0", "defaults", environment => new IdentityModelPeer(environment), AttachesTokens: false),
    ];

    /// <summary>The peers whose handler supports synchronous calls.</summary>
    public static IReadOnlyList<PeerSetup> Synchronous { get; } =
    [
        Ours,
        OursWithFactory,
        new("Hand-written handler", "synchronous, lock", environment => new SynchronousPeer(environment)),
    ];

    /// <summary>The peers of the acquisition scenario: the two hand-written handlers acquire in the same way, so one is enough.</summary>
    public static IEnumerable<PeerSetup> Acquiring
        => All.Where(setup => setup.RequestsTokens).DistinctBy(setup => (setup.Name, setup == OursWithFactory));

    /// <summary>The names of the peers among <paramref name="names"/>, once each and in the order of the tables.</summary>
    public static IEnumerable<string> NamesOf(IEnumerable<string> names)
        => All.Select(setup => setup.ToString()).Intersect(names);
}
