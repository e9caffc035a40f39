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
        ("hot-path-otel", "added", "at most 100 ns"),
        ("hot-path-otel", "added allocation", "0 B"),
        ("choice", "added, SelectClient, 1 tenant", "at most 60 ns"),
        ("choice", "added allocation, SelectClient", "0 B"),
        ("choice", "added, UseCiamClient, 1 tenant", "at most 60 ns"),
        ("choice", "added allocation, UseCiamClient", "0 B"),
        ("threads", "speed-up", "at least the baseline's"),
        ("acquisition", "added", "at most the hand-written handler's"),
        ("acquisition", "added allocation", "at most 1,024 B"),
        ("stampede", "token requests", "1"),
        ("stampede", "p99 beyond the endpoint's 50 ms", "at most 6 ms"),
        ("stampede", "allocated", "at most 9 MB"),
        ("sync-memory", "time, 100 callers", "less than 1 s"),
        ("sync-memory", "time, 400 callers", "less than 1 s"),
        ("sync-memory", "token requests, 400 callers", "1"),
        ("sync-sockets", "time, 100 callers", "less than 1 s"),
        ("sync-sockets", "time, 400 callers", "less than 1 s"),
        ("sync-sockets", "token requests, 400 callers", "1"),
        ("expiry", "calls that waited", "0"),
        ("expiry", "calls with an expired token", "0"),
        ("expiry", "token requests", "at most 7"),
        ("outage-window", "failed calls", "0"),
        ("outage-window", "token requests", "at most 5"),
        ("outage-expired", "token requests", "at most 8"),
        ("outage-expired", "median time of a failing call", "less than 1 ms"),
        ("outage-expired", "first success after recovery", "at most 2.5 s"),
        ("hour", "token requests in one hour", "at most 16"),
        ("idle", "calls that waited, KeepWarm", "0"),
        ("idle", "most token requests in one hour, KeepWarm", "at most 16"),
        ("real-time", "token requests in 330 s", "2"),
        ("tenants", "memory each, beside token and options", "at most 1,536 B"),
        ("tenants", "time per lookup, above one tenant's", "at most 40 ns"),
        ("tenants", "store lookups per token", "1"),
        ("fleet", "with claims, portal 100 ms", "at most 1.05"),
        ("fleet", "with claims, portal 2 s", "at most 1.05"),
        ("fleet", "cold start, portal 100 ms", "at most 3"),
    ];

    /// <param name="store">The results.</param>
    /// <param name="previous">The report so far, with the results of scenarios that are not stored.</param>
    public static string Table(ResultStore store, string previous)
    {
        var ours = PeerCatalogue.Ours.ToString();
        var table = new StringBuilder().AppendLine("| scenario | figure | target | result |").AppendLine("|---|---|---:|---:|");
        foreach (var (scenario, figure, target) in All)
        {
            var row = $"| {ScenarioCatalogue.All.Single(known => known.Name == scenario).Title} | {figure} | {target} | ";
            if (store.Load(scenario, figure).GetValueOrDefault(ours) is { } result)
            {
                table.AppendLine($"{row}{MarkdownTable.Cell(result)} |");
            }
            else if (previous.Split('\n').FirstOrDefault(line => line.StartsWith(row, StringComparison.Ordinal)) is { } line)
            {
                table.AppendLine(line);
            }
        }

        return table.ToString();
    }
}
