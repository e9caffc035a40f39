using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.World;

namespace TencentCiam.TokenClient.Benchmarks.Tests;

public sealed class PeerTests
{
    public static TheoryData<string> Attaching
        => [.. PeerCatalogue.All.Where(setup => setup.AttachesTokens).Select(setup => setup.ToString())];

    public static TheoryData<string> All => [.. PeerCatalogue.All.Select(setup => setup.ToString())];

    [Theory]
    [MemberData(nameof(Attaching))]
    public async Task It_calls_the_resource_with_a_token_of_the_endpoint(string name)
    {
        var surroundings = new Surroundings(TimeSpan.FromHours(12), looksAtTokens: true);
        using var peer = Create(name, surroundings);

        await peer.CallAsync();

        Assert.Equal(1, surroundings.Endpoint.Requests);
        Assert.Equal(0, surroundings.Resource.DeadTokens);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task It_acquires_a_token_whatever_is_cached(string name)
    {
        var surroundings = new Surroundings(TimeSpan.FromHours(12));
        using var peer = Create(name, surroundings);

        await peer.AcquireAsync();
        await peer.AcquireAsync();

        Assert.Equal(2, surroundings.Endpoint.Requests);
    }

    private static Peer Create(string name, Surroundings surroundings)
        => PeerCatalogue.All.Single(setup => setup.ToString() == name).Create(surroundings);
}
