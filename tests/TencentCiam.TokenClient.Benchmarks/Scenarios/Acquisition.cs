using BenchmarkDotNet.Attributes;
using TencentCiam.TokenClient.Benchmarks.InMemory;
using TencentCiam.TokenClient.Benchmarks.Peers;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>What a client adds to the HTTP request when it acquires a token.</summary>
[MemoryDiagnoser]
public class Acquisition : IDisposable
{
    private Peer _peer = null!;
    private HttpClient _http = null!;

    public static IEnumerable<object> Peers => PeerCatalogue.Acquiring;

    [ParamsSource(nameof(Peers))]
    public object Setup { get; set; } = null!;

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        var environment = new InMemoryEnvironment(TimeSpan.FromSeconds(299));
        _peer = ((PeerSetup)Setup).Create(environment);
        _http = _peer.TokenHttpClient ?? new HttpClient(environment.Endpoint);
        await _peer.AcquireAsync();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _peer.Dispose();
        _http.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The request that every client must send, by the peer's own HttpClient, and its response read as text.</summary>
    [Benchmark(Baseline = true)]
    public async Task Baseline()
    {
        using var form = Application.NewForm();
        using var response = await _http.PostAsync(InMemoryEnvironment.TokenAddress, form);
        await response.Content.ReadAsStringAsync();
    }

    [Benchmark]
    public Task Acquire() => _peer.AcquireAsync();
}
