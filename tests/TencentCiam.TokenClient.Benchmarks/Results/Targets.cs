using System.Text;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Scenarios;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>The targets of this library, and the results next to them.</summary>
internal static class Targets
{
    private static readonly (string Scenario, string Figure, string Target)[] All =
    [
        ("hot-path", "added", "at most 30 ns"),
        ("hot-path", "added allocation", "0 B"),
        ("threads", "speed-up", "at least the baseline's"),
        ("acquisition", "added", "at most the hand-written handler's"),
        ("acquisition", "added allocation", "at most 1,024 B"),
        ("stampede", "token requests", "1"),
        ("stampede", "p99 beyond the endpoint's 50 ms", "at most 6 ms"),
        ("stampede", "allocated", "at most 9 MB"),
        ("expiry", "calls that waited", "0"),
        ("expiry", "calls with an expired token", "0"),
        ("expiry", "token requests", "at most 7"),
        ("outage-window", "failed calls", "0"),
        ("outage-window", "token requests", "at most 5"),
        ("outage-expired", "token requests", "at most 8"),
        ("outage-expired", "median time of a failing call", "less than 1 ms"),
        ("outage-expired", "first success after recovery", "at most 2.5 s"),
        ("hour", "token requests in one hour", "at most 16"),
        ("real-time", "token requests in 330 s", "2"),
    ];

    public static string Table(ResultStore store)
    {
        var ours = PeerCatalogue.Ours.ToString();
        var table = new StringBuilder().AppendLine("| scenario | figure | target | result |").AppendLine("|---|---|---:|---:|");
        foreach (var (scenario, figure, target) in All)
        {
            var result = store.Load(scenario, figure).GetValueOrDefault(ours);
            table.AppendLine(
                $"| {ScenarioCatalogue.All.Single(known => known.Name == scenario).Title} | {figure} | {target} | {MarkdownTable.Cell(result)} |");
        }

        return table.ToString();
    }
}
