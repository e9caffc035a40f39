using BenchmarkDotNet.Attributes;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>What attaching a cached token adds to a call, above the peer's own baseline.</summary>
[MemoryDiagnoser]
public class HotPath
{
    private Peer _peer = null!;

    public static IEnumerable<object> Peers => PeerCatalogue.All.Where(setup => setup.AttachesTokens);

    [ParamsSource(nameof(Peers))]
    public object Setup { get; set; } = null!;

    // The token must not expire during the run: only calls with a cached token are measured.
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
