using System.Globalization;
using System.Text;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>Writes figures as a table with one row per peer and one column per figure.</summary>
internal static class MarkdownTable
{
    public static string Of(IReadOnlyList<Figure> figures)
    {
        var columns = figures.Select(figure => figure.Name).Distinct().ToList();
        var table = new StringBuilder();
        table.AppendLine($"| | {string.Join(" | ", columns)} |").AppendLine($"|---|{string.Concat(columns.Select(_ => "---:|"))}");
        foreach (var peer in figures.GroupBy(figure => figure.Peer))
        {
            var cells = columns.Select(column => Cell(peer.FirstOrDefault(figure => figure.Name == column)));
            table.AppendLine($"| {peer.Key} | {string.Join(" | ", cells)} |");
        }

        return table.ToString();
    }

    public static string Cell(Figure? figure)
        => figure is null ? ""
            : figure.Value is not { } value ? figure.Note ?? "-"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{value.ToString(Math.Abs(value) is >= 100 or 0 || value % 1 == 0 ? "N0" : "0.0#", CultureInfo.InvariantCulture)}{Error(figure)} {figure.Unit}").TrimEnd();

    private static string Error(Figure figure)
        => figure.StandardError is > 0 and { } error ? string.Create(CultureInfo.InvariantCulture, $" ± {error:G2}") : "";
}
