using TencentCiam.TokenClient.Benchmarks.InMemory;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>A peer as it is set up for the comparison.</summary>
/// <param name="Name">The package, with its version where it is somebody else's.</param>
/// <param name="Settings">"as shipped", or which knob was turned for its best case.</param>
/// <param name="Create">Puts it into its environment.</param>
/// <param name="UsesTimeProvider">Whether it takes its time from a TimeProvider.</param>
/// <param name="AttachesTokens">False for a client of the protocol alone, which only the acquisition is asked of.</param>
/// <param name="RequestsTokens">False for one that leaves the token request to its user: the acquisition would say nothing of it.</param>
internal sealed record PeerSetup(
    string Name,
    string Settings,
    Func<InMemoryEnvironment, Peer> Create,
    bool UsesTimeProvider = false,
    bool AttachesTokens = true,
    bool RequestsTokens = true)
{
    public override string ToString() => $"{Name} ({Settings})";
}

/// <summary>All that are compared, in the order of the tables.</summary>
internal static class PeerCatalogue
{
    public static readonly PeerSetup Ours = new(
        "TencentCiam.TokenClient", "as shipped", environment => new OursPeer(environment), UsesTimeProvider: true);

    public static readonly PeerSetup OursWithFactory = new(
        "TencentCiam.TokenClient", "as shipped, HttpClient of the factory", environment => new OursWithFactoryPeer(environment), UsesTimeProvider: true);

    /// <summary>Those that the acquisition is asked of: not twice what differs only in its cache's margin.</summary>
    public static IEnumerable<PeerSetup> Acquiring => All.Where(setup => setup.RequestsTokens).DistinctBy(setup => (setup.Name, setup == OursWithFactory));

    /// <summary>Those that occur, once each and in the order of the tables.</summary>
    public static IEnumerable<string> NamesOf(IEnumerable<string> occurring)
        => All.Select(setup => setup.ToString()).Intersect(occurring);

    public static IReadOnlyList<PeerSetup> All { get; } =
    [
        Ours,
        OursWithFactory,
        new("a handler pasted from blogs", "SemaphoreSlim, margin 60 s", environment => new HandWrittenPeer(environment, TimeSpan.FromSeconds(60)), UsesTimeProvider: true),
        new("a handler pasted from blogs", "SemaphoreSlim, no margin", environment => new HandWrittenPeer(environment, TimeSpan.Zero), UsesTimeProvider: true),
        new("Microsoft.Identity.Client 4.92.0", "as shipped", environment => new MsalPeer(environment)),
        new("Azure.Core 1.64.0", "as shipped", environment => new AzureCorePeer(environment, setsRefreshOn: false), RequestsTokens: false),
        new("Azure.Core 1.64.0", "RefreshOn at four fifths of the life", environment => new AzureCorePeer(environment, setsRefreshOn: true), RequestsTokens: false),
        new("Google.Apis.Auth 1.78.0", "as shipped", environment => new GoogleAuthPeer(environment), UsesTimeProvider: true),
        new("OpenIddict.Client 7.8.0", "as shipped: no cache", environment => new OpenIddictPeer(environment)),
        new("Duende.IdentityModel 8.1.0", "as shipped", environment => new IdentityModelPeer(environment), AttachesTokens: false),
    ];
}
