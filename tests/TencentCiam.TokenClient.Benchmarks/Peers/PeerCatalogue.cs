using TencentCiam.TokenClient.Benchmarks.World;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>A peer as it is set up for the comparison.</summary>
/// <param name="Name">The package, with its version where it is somebody else's.</param>
/// <param name="Settings">"as shipped", or which knob was turned for its best case.</param>
/// <param name="Create">Puts it into its surroundings.</param>
/// <param name="HasClock">Whether it takes its time from a TimeProvider.</param>
/// <param name="AttachesTokens">False for a client of the protocol alone, which only the acquisition is asked of.</param>
/// <param name="AsksForTokens">False for one that leaves the token request to its user: the acquisition would say nothing of it.</param>
internal sealed record PeerSetup(
    string Name,
    string Settings,
    Func<Surroundings, Peer> Create,
    bool HasClock = false,
    bool AttachesTokens = true,
    bool AsksForTokens = true)
{
    public override string ToString() => $"{Name} ({Settings})";
}

/// <summary>All that are compared, in the order of the tables.</summary>
internal static class PeerCatalogue
{
    public static readonly PeerSetup Ours = new(
        "TencentCiam.TokenClient", "as shipped", surroundings => new OursPeer(surroundings), HasClock: true);

    public static readonly PeerSetup OursByFactory = new(
        "TencentCiam.TokenClient", "as shipped, HttpClient of the factory", surroundings => new OursByFactoryPeer(surroundings), HasClock: true);

    /// <summary>Those that the acquisition is asked of: not twice what differs only in its cache's margin.</summary>
    public static IEnumerable<PeerSetup> Acquiring => All.Where(setup => setup.AsksForTokens).DistinctBy(setup => (setup.Name, setup == OursByFactory));

    /// <summary>Those that occur, once each and in the order of the tables.</summary>
    public static IEnumerable<string> NamesOf(IEnumerable<string> occurring)
        => All.Select(setup => setup.ToString()).Intersect(occurring);

    public static IReadOnlyList<PeerSetup> All { get; } =
    [
        Ours,
        OursByFactory,
        new("a handler pasted from blogs", "SemaphoreSlim, margin 60 s", surroundings => new PastedPeer(surroundings, TimeSpan.FromSeconds(60)), HasClock: true),
        new("a handler pasted from blogs", "SemaphoreSlim, no margin", surroundings => new PastedPeer(surroundings, TimeSpan.Zero), HasClock: true),
        new("Microsoft.Identity.Client 4.92.0", "as shipped", surroundings => new MsalPeer(surroundings)),
        new("Azure.Core 1.64.0", "as shipped", surroundings => new AzureCorePeer(surroundings, saysRefreshOn: false), AsksForTokens: false),
        new("Azure.Core 1.64.0", "RefreshOn at four fifths of the life", surroundings => new AzureCorePeer(surroundings, saysRefreshOn: true), AsksForTokens: false),
        new("Google.Apis.Auth 1.78.0", "as shipped", surroundings => new GoogleAuthPeer(surroundings), HasClock: true),
        new("OpenIddict.Client 7.8.0", "as shipped: no cache", surroundings => new OpenIddictPeer(surroundings)),
        new("Duende.IdentityModel 8.1.0", "as shipped", surroundings => new IdentityModelPeer(surroundings), AttachesTokens: false),
    ];
}
