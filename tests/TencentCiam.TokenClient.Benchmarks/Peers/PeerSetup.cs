using TencentCiam.TokenClient.Benchmarks.InMemory;

namespace TencentCiam.TokenClient.Benchmarks.Peers;

/// <summary>A peer and its settings for the comparison.</summary>
/// <param name="Name">The package, with its version unless it is ours.</param>
/// <param name="Settings">"defaults", or what is set for the peer's best case.</param>
/// <param name="Create">Creates the peer in an environment.</param>
/// <param name="UsesTimeProvider">Whether it takes the time from a TimeProvider.</param>
/// <param name="AttachesTokens">False for a protocol client, which only the acquisition scenario covers.</param>
/// <param name="RequestsTokens">False if the user writes the token request, so that an acquisition does not measure the peer.</param>
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
