using System.Text;
using TencentCiam.TokenClient.Benchmarks.Scenarios;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>Writes the results into the two READMEs, between their markers, and draws the chart.</summary>
internal static class Report
{
    private const string Begin = "<!-- benchmarks: written by the command `report` -->";
    private const string End = "<!-- /benchmarks -->";
    private const string Project = "tests/TencentCiam.TokenClient.Benchmarks";

    public static void Write(ResultStore store)
    {
        var folder = Path.Combine(Repository.Root, Project);
        File.WriteAllText(Path.Combine(folder, "comparison.svg"), Chart.Of(store));
        Replace(Path.Combine(folder, "README.md"), FullReport(store));
        Replace(Path.Combine(Repository.Root, "README.md"), Summary.Of(store));
    }

    private static string FullReport(ResultStore store)
    {
        var text = new StringBuilder()
            .AppendLine("### Targets of this library").AppendLine().Append(Targets.Table(store)).AppendLine();
        foreach (var scenario in ScenarioCatalogue.All)
        {
            if (store.Load(scenario.Name) is { } result)
            {
                text.AppendLine($"### {scenario.Title}").AppendLine()
                    .AppendLine($"`{scenario.Name}`: {result.Run}").AppendLine()
                    .Append(MarkdownTable.Of(result.Figures)).AppendLine();
            }
        }

        return text.ToString();
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
