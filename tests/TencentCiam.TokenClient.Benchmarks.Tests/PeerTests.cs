using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;

namespace TencentCiam.TokenClient.Benchmarks.Tests;

public sealed class PeerTests
{
    public static TheoryData<string> Attaching
        => [.. PeerCatalogue.All.Where(setup => setup.AttachesTokens).Select(setup => setup.ToString())];

    public static TheoryData<string> All => [.. PeerCatalogue.All.Select(setup => setup.ToString())];

    [Theory]
    [MemberData(nameof(Attaching))]
    public async Task Each_peer_calls_the_resource_with_a_token_from_the_endpoint(string name)
    {
        var environment = new InMemoryEnvironment(TimeSpan.FromHours(12), checksTokens: true);
        using var peer = Create(name, environment);

        await peer.CallAsync();

        Assert.Equal(1, environment.Endpoint.Requests);
        Assert.Equal(0, environment.Resource.ExpiredTokens);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Each_peer_acquires_a_new_token_even_if_one_is_cached(string name)
    {
        var environment = new InMemoryEnvironment(TimeSpan.FromHours(12));
        using var peer = Create(name, environment);

        await peer.AcquireAsync();
        await peer.AcquireAsync();

        Assert.Equal(2, environment.Endpoint.Requests);
    }

    private static Peer Create(string name, InMemoryEnvironment environment)
        => PeerCatalogue.All.Single(setup => setup.ToString() == name).Create(environment);
}
