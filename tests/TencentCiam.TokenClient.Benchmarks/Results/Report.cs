using System.Text;
using TencentCiam.TokenClient.Benchmarks.Scenarios;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>
/// Writes the results into the two READMEs, between their markers, and draws the charts. What was reported before of scenarios
/// without a stored result stays.
/// </summary>
internal static class Report
{
    private const string Begin = "<!-- benchmarks: written by the command `report` -->";
    private const string End = "<!-- /benchmarks -->";
    private const string Project = "tests/TencentCiam.TokenClient.Benchmarks";

    public static void Write(ResultStore store)
    {
        var folder = Path.Combine(Repository.Root, Project);
        var readme = Path.Combine(folder, "README.md");
        Replace(readme, FullReport(store, File.ReadAllText(readme)));
        if (store.Load("fleet") is not null)
        {
            File.WriteAllText(Path.Combine(folder, "fleet.svg"), FleetChart.Of(store));
        }

        var missing = Summary.Scenarios.Where(scenario => store.Load(scenario) is null).ToList();
        if (missing.Count > 0)
        {
            Console.WriteLine($"The summary and the chart stay as they are: they need results of {string.Join(", ", missing)} too.");
            return;
        }

        Replace(Path.Combine(Repository.Root, "README.md"), Summary.Of(store));
        File.WriteAllText(Path.Combine(folder, "comparison.svg"), Chart.Of(store));
    }

    public static string FullReport(ResultStore store, string previous)
    {
        var text = new StringBuilder()
            .AppendLine("### Targets of this library").AppendLine().Append(Targets.Table(store, previous)).AppendLine();
        foreach (var scenario in ScenarioCatalogue.All)
        {
            if (store.Load(scenario.Name) is { } result)
            {
                text.AppendLine($"### {scenario.Title}").AppendLine()
                    .AppendLine($"`{scenario.Name}`: {result.Run}").AppendLine()
                    .Append(MarkdownTable.Of(result.Figures)).AppendLine();
            }
            else if (Section(previous, scenario.Title) is { } section)
            {
                text.AppendLine(section).AppendLine();
            }
        }

        return text.ToString();
    }

    private static string? Section(string report, string title)
    {
        var from = report.IndexOf($"### {title}\n", StringComparison.Ordinal);
        if (from < 0)
        {
            return null;
        }

        var next = report.IndexOf("\n### ", from, StringComparison.Ordinal);
        return report[from..(next < 0 ? report.IndexOf(End, from, StringComparison.Ordinal) : next)].Trim();
    }

    private static void Replace(string path, string content)
    {
        var text = File.ReadAllText(path);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        if (from < 0 || to < from)
        {
            throw new InvalidOperationException($"{path} lacks the lines \"{Begin}\" and \"{End}\" that enclose the report.");
        }

        File.WriteAllText(path, $"{text[..(from + Begin.Length)]}\n\n{content.Trim()}\n\n{text[to..]}");
    }
}
