using BenchmarkDotNet.Attributes;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>
/// What attaching a cached token adds to a call while OpenTelemetry collects this library's metrics, above the same baseline as
/// without it.
/// </summary>
[MemoryDiagnoser]
public class HotPathWithMetrics
{
    private MeterProvider _metrics = null!;
    private Peer _peer = null!;

    public static IEnumerable<object> Peers => [PeerCatalogue.Ours, PeerCatalogue.OursWithFactory];

    [ParamsSource(nameof(Peers))]
    public object Setup { get; set; } = null!;

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _metrics = Sdk.CreateMeterProviderBuilder().AddMeter("TencentCiam.TokenClient").AddReader(new ManualReader()).Build();
        _peer = ((PeerSetup)Setup).Create(new InMemoryEnvironment(TimeSpan.FromHours(12)));
        await _peer.CallAsync();
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _peer.Dispose();
        _metrics.Dispose();
    }

    [Benchmark(Baseline = true)]
    public Task Baseline() => _peer.CallBaselineAsync();

    [Benchmark]
    public Task Call() => _peer.CallAsync();

    /// <summary>Collects only on demand, because exporting is not measured.</summary>
    private sealed class ManualReader : MetricReader;
}
