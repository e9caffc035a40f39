using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace TencentCiam.TokenClient.Samples.Tests.Prometheus;

/// <summary>A real Prometheus on a loopback port, which scrapes one target every second and evaluates the alert rules.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("prometheus");
    private readonly Process _process;
    private readonly HttpClient _http;

    private PrometheusServer(string executable, string target, string rules)
    {
        var configuration = Path.Combine(_folder.FullName, "prometheus.yml");
        File.WriteAllText(
            configuration,
            $$"""
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            rule_files: ["{{rules}}"]
            scrape_configs:
              - job_name: orders-worker
                static_configs: [ { targets: ["{{target}}"] } ]
            """);
        var address = $"127.0.0.1:{LoopbackPort.FindFree()}";
        _process = Process.Start(new ProcessStartInfo(executable)
        {
            ArgumentList =
            {
                $"--config.file={configuration}",
                $"--storage.tsdb.path={Path.Combine(_folder.FullName, "data")}",
                $"--web.listen-address={address}",
                "--log.level=error",
            },
        })!;
        _http = new HttpClient { BaseAddress = new Uri($"http://{address}/api/v1/") };
    }

    public static PrometheusServer Start(string target, string rules)
        => new(Executable.Find("prometheus"), target, rules);

    /// <summary>Queries until there is a result, which takes some scrapes.</summary>
    public async Task WaitForResultAsync(string expression)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        cancellation.CancelAfter(TimeSpan.FromSeconds(90));
        try
        {
            while (await CountResultsAsync(expression, cancellation.Token) == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellation.Token);
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"No result in time: {expression}");
        }
    }

    /// <summary>The number of series in the result. Fails for an expression that Prometheus rejects.</summary>
    public async Task<int> CountResultsAsync(string expression, CancellationToken cancellationToken)
        => (await GetAsync($"query?query={Uri.EscapeDataString(expression)}", cancellationToken)).GetProperty("result").GetArrayLength();

    /// <summary>The names of all labels of all series.</summary>
    public async Task<IReadOnlyList<string>> GetLabelNamesAsync()
        => [.. (await GetAsync("labels", TestContext.Current.CancellationToken)).EnumerateArray().Select(label => label.GetString()!)];

    /// <summary>The names of all metrics.</summary>
    public async Task<IReadOnlyList<string>> GetMetricNamesAsync()
        => [.. (await GetAsync("label/__name__/values", TestContext.Current.CancellationToken)).EnumerateArray()
            .Select(name => name.GetString()!)];

    /// <summary>The name of each alert rule and the health of its latest evaluation.</summary>
    public async Task<IReadOnlyList<(string Name, string Health)>> GetAlertRulesAsync()
        => [.. (await GetAsync("rules", TestContext.Current.CancellationToken)).GetProperty("groups").EnumerateArray()
            .SelectMany(group => group.GetProperty("rules").EnumerateArray())
            .Select(rule => (rule.GetProperty("name").GetString()!, rule.GetProperty("health").GetString()!))];

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var response = await _http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
                if (response.StatusCode != System.Net.HttpStatusCode.ServiceUnavailable)
                {
                    var body = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
                    Assert.True(response.IsSuccessStatusCode, $"{path}: {body}");
                    return body.GetProperty("data");
                }
            }
            catch (HttpRequestException) when (!_process.HasExited)
            {
            }

            // It is starting.
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }
    }
}
