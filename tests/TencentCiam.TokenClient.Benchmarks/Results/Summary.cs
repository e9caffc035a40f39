using System.Text;
using TencentCiam.TokenClient.Benchmarks.Peers;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>The few figures that tell most, a peer a row: what the project's README shows.</summary>
internal static class Summary
{
    private static readonly (string Scenario, string Figure, string Heading)[] Columns =
    [
        ("hot-path", "added", "added to a call that has its token"),
        ("hot-path", "added allocated", "allocated for it"),
        ("stampede", "token requests", "token requests of 10,000 callers at once"),
        ("expiry", "calls that waited", "calls that waited while tokens of 2 s ended"),
        ("outage-window", "failed calls", "failed calls, portal down for 10 s"),
        ("outage-dead", "token requests", "token requests, the same with a dead token"),
        ("real-time", "token requests in 330 s", "token requests in 330 s, tokens of 299 s"),
    ];

    public static string Of(ResultStore store)
    {
        var found = Columns.Select(column => (column.Heading, Figures: store.Load(column.Scenario, column.Figure))).ToList();
        var table = new StringBuilder();
        table.AppendLine($"| | {string.Join(" | ", found.Select(column => column.Heading))} |")
            .AppendLine($"|---|{string.Concat(found.Select(_ => "---:|"))}");
        foreach (var peer in PeerCatalogue.NamesOf(found.SelectMany(column => column.Figures.Keys)))
        {
            table.AppendLine(
                $"| {peer} | {string.Join(" | ", found.Select(column => MarkdownTable.Cell(column.Figures.GetValueOrDefault(peer))))} |");
        }

        var runs = Columns.Select(column => store.Load(column.Scenario)?.Circumstances).OfType<string>().Distinct();
        return table.AppendLine()
            .AppendLine($"Measured: {string.Join("; ", runs)}. Ratios and counts are what matters: times are only good beside each other.")
            .ToString();
    }
}
