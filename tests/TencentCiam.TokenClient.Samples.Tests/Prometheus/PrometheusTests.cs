using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace TencentCiam.TokenClient.Samples.Tests.Prometheus;

/// <summary>The alert rules and the dashboard, checked by a real Prometheus that scrapes a real program.</summary>
public sealed partial class PrometheusTests
{
    private static readonly string Documents = Path.GetFullPath(Path.Combine(
        typeof(PrometheusTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "SamplesDirectory").Value!,
        "../docs"));

    private static readonly string Rules = Path.Combine(Documents, "prometheus/ciam-alerts.yml");

    [Fact]
    public async Task The_alert_rules_are_valid()
    {
        var (exitCode, output) = await Executable.RunAsync("promtool", "check", "rules", Rules);

        Assert.True(exitCode == 0, output);
        Assert.Contains("6 rules found", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_alert_fires_when_it_should_and_none_fires_for_a_healthy_program()
    {
        var test = Path.Combine(AppContext.BaseDirectory, "Prometheus/alerts.test.yml");
        var copy = Path.Combine(Directory.CreateTempSubdirectory("promtool").FullName, "alerts.test.yml");
        await File.WriteAllTextAsync(
            copy,
            (await File.ReadAllTextAsync(test, TestContext.Current.CancellationToken)).Replace("RULES", Rules, StringComparison.Ordinal),
            TestContext.Current.CancellationToken);

        var (exitCode, output) = await Executable.RunAsync("promtool", "test", "rules", copy);

        Directory.Delete(Path.GetDirectoryName(copy)!, recursive: true);
        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public async Task Prometheus_finds_each_metric_and_label_of_the_rules_and_the_dashboard_in_the_Workers_metrics()
    {
        var port = LoopbackPort.FindFree();
        await using var portal = await PortalProcess.StartAsync("orders-worker");
        await portal.BeginOutageAsync();
        await using var worker = SampleProcess.Start(
            "Worker",
            [],
            ("Ciam__Authority", portal.Address.AbsoluteUri),
            ("Ciam__ClientSecret", PortalProcess.ClientSecret),
            ("Orders__Address", portal.Address.AbsoluteUri),
            ("Orders__Interval", "00:00:00.05"),
            ("Prometheus__Port", port));
        await using var prometheus = PrometheusServer.Start($"127.0.0.1:{port}", Rules);

        // An outage that lasts until Prometheus has seen calls fail, and then a token.
        await prometheus.WaitForResultAsync("""ALERTS{alertname="CiamCallsFail"}""");
        await portal.EndOutageAsync();
        await worker.WaitForLineAsync("Received 2 orders.");
        await prometheus.WaitForResultAsync("""rate(ciam_token_lookups_total{ciam_token_lookup_outcome="hit"}[1m])""");
        await prometheus.WaitForResultAsync("ciam_token_remaining_life_seconds > 0");

        var known = (await prometheus.GetMetricNamesAsync()).Concat(await prometheus.GetLabelNamesAsync()).ToHashSet();
        var expressions = RuleExpressions().Concat(DashboardExpressions()).ToList();
        Assert.Equal(6 + 7, expressions.Count);
        foreach (var expression in expressions)
        {
            var names = Name().Matches(expression).Select(match => match.Value).ToList();
            Assert.NotEmpty(names);
            Assert.All(names, name => Assert.Contains(name, known));
            await prometheus.CountResultsAsync(expression, TestContext.Current.CancellationToken);
        }

        // Each panel shows something: there were failed calls, failed requests and a token.
        foreach (var expression in DashboardExpressions())
        {
            await prometheus.WaitForResultAsync(expression);
        }

        Assert.All(await prometheus.GetAlertRulesAsync(), rule => Assert.Equal("ok", rule.Health));
        Assert.Equal(0, await worker.StopAsync());
    }

    private static IEnumerable<string> RuleExpressions()
        => Expression().Matches(File.ReadAllText(Rules)).Select(match => match.Groups["expression"].Value);

    // With the variables as Grafana replaces them.
    private static IEnumerable<string> DashboardExpressions()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Documents, "grafana/ciam-dashboard.json")));
        foreach (var panel in dashboard.RootElement.GetProperty("panels").EnumerateArray())
        {
            foreach (var target in panel.GetProperty("targets").EnumerateArray())
            {
                yield return target.GetProperty("expr").GetString()!
                    .Replace("$__rate_interval", "1m", StringComparison.Ordinal)
                    .Replace("$job", ".*", StringComparison.Ordinal)
                    .Replace("$client", ".*", StringComparison.Ordinal);
            }
        }
    }

    [GeneratedRegex(@"\b(ciam_\w+|error_type)\b")]
    private static partial Regex Name();

    // In one line, or in the indented lines after a bar.
    [GeneratedRegex(@"^ +expr: (\|\n(?<expression>( {10,}.*\n)+)|(?<expression>[^|\n]+)\n)", RegexOptions.Multiline)]
    private static partial Regex Expression();
}
