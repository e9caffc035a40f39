using BenchmarkDotNet.Attributes;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>What a cached token adds to a call, over the peer's own floor.</summary>
[MemoryDiagnoser]
public class HotPath
{
    private Peer _peer = null!;

    public static IEnumerable<object> Peers => PeerCatalogue.All.Where(setup => setup.AttachesTokens);

    [ParamsSource(nameof(Peers))]
    public object Setup { get; set; } = null!;

    // As long as a token may live: what is measured is a cache that has one.
    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _peer = ((PeerSetup)Setup).Create(new InMemoryEnvironment(TimeSpan.FromHours(12)));
        await _peer.CallAsync();
    }

    [GlobalCleanup]
    public void CleanUp() => _peer.Dispose();

    [Benchmark(Baseline = true)]
    public Task Baseline() => _peer.CallBaselineAsync();

    [Benchmark]
    public Task Call() => _peer.CallAsync();
}
