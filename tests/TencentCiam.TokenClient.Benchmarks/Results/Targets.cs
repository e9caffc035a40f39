using System.Text;
using TencentCiam.TokenClient.Benchmarks.Peers;
using TencentCiam.TokenClient.Benchmarks.Scenarios;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>What this library aims at, beside what was found.</summary>
internal static class Targets
{
    private static readonly (string Scenario, string Figure, string Aim)[] All =
    [
        ("hot-path", "added", "at most 30 ns"),
        ("hot-path", "added allocated", "0 B"),
        ("threads", "2 threads over 1", "no less than its floor's"),
        ("acquisition", "added", "at most the pasted handler's"),
        ("acquisition", "added allocated", "at most 1,024 B"),
        ("stampede", "token requests", "1"),
        ("stampede", "p99 over the endpoint's 50 ms", "at most 6 ms"),
        ("stampede", "allocated", "at most 9 MB"),
        ("expiry", "calls that waited", "0"),
        ("expiry", "sent with a dead token", "0"),
        ("expiry", "token requests", "at most 7"),
        ("outage-window", "failed calls", "0"),
        ("outage-window", "token requests", "at most 5"),
        ("outage-dead", "token requests", "at most 8"),
        ("outage-dead", "a failing call takes", "less than 1 ms"),
        ("outage-dead", "first success after recovery", "at most 2.5 s"),
        ("hour", "token requests in an hour", "at most 16"),
        ("real-time", "token requests in 330 s", "2"),
    ];

    public static string Table(ResultStore store)
    {
        var ours = PeerCatalogue.Ours.ToString();
        var table = new StringBuilder().AppendLine("| scenario | figure | aim | found |").AppendLine("|---|---|---:|---:|");
        foreach (var (scenario, figure, aim) in All)
        {
            var found = store.Load(scenario, figure).GetValueOrDefault(ours);
            table.AppendLine(
                $"| {ScenarioCatalogue.All.Single(known => known.Name == scenario).Title} | {figure} | {aim} | {MarkdownTable.Cell(found)} |");
        }

        return table.ToString();
    }
}
