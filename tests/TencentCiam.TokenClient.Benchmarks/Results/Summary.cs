using System.Text;
using TencentCiam.TokenClient.Benchmarks.Peers;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>The most telling figures, one row per peer, for the README of the repository.</summary>
internal static class Summary
{
    private static readonly (string Scenario, string Figure, string Heading)[] Columns =
    [
        ("hot-path", "added", "time added to a call with a cached token"),
        ("hot-path", "added allocation", "allocation added to it"),
        ("stampede", "token requests", "token requests for 10,000 concurrent callers"),
        ("expiry", "calls that waited", "calls that waited, token lifetime 2 s"),
        ("outage-window", "failed calls", "failed calls, portal down for 10 s, token still valid"),
        ("outage-expired", "token requests", "token requests, portal down for 10 s, token expired"),
        ("real-time", "token requests in 330 s", "token requests in 330 s, token lifetime 299 s"),
    ];

    public static IEnumerable<string> Scenarios => Columns.Select(column => column.Scenario).Distinct();

    public static string Of(ResultStore store)
    {
        var columns = Columns.Select(column => (column.Heading, Figures: store.Load(column.Scenario, column.Figure))).ToList();
        var table = new StringBuilder();
        table.AppendLine($"| | {string.Join(" | ", columns.Select(column => column.Heading))} |")
            .AppendLine($"|---|{string.Concat(columns.Select(_ => "---:|"))}");
        foreach (var peer in PeerCatalogue.NamesOf(columns.SelectMany(column => column.Figures.Keys)))
        {
            table.AppendLine(
                $"| {peer} | {string.Join(" | ", columns.Select(column => MarkdownTable.Cell(column.Figures.GetValueOrDefault(peer))))} |");
        }

        var runs = Columns.Select(column => store.Load(column.Scenario)?.Run).OfType<RunInfo>().Distinct();
        return table.AppendLine()
            .AppendLine($"Measured: {string.Join("; ", runs)}. Compare ratios and counts; absolute times depend on the machine.")
            .ToString();
    }
}
