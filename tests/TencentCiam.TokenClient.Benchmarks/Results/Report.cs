using System.Text;
using TencentCiam.TokenClient.Benchmarks.Scenarios;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>Writes what was found into the two READMEs, between their markers, and draws the picture.</summary>
internal static class Report
{
    private const string Begin = "<!-- benchmarks: written by the command `report` -->";
    private const string End = "<!-- /benchmarks -->";
    private const string Project = "tests/TencentCiam.TokenClient.Benchmarks";

    public static void Write(ResultStore store)
    {
        var folder = Path.Combine(Repository.Root, Project);
        File.WriteAllText(Path.Combine(folder, "comparison.svg"), Chart.Of(store));
        Replace(Path.Combine(folder, "README.md"), Everything(store));
        Replace(Path.Combine(Repository.Root, "README.md"), Summary.Of(store));
    }

    private static string Everything(ResultStore store)
    {
        var text = new StringBuilder()
            .AppendLine("### What this library aims at").AppendLine().Append(Targets.Table(store)).AppendLine();
        foreach (var scenario in ScenarioCatalogue.All)
        {
            if (store.Load(scenario.Name) is { } findings)
            {
                text.AppendLine($"### {scenario.Title}").AppendLine()
                    .AppendLine($"`{scenario.Name}`: {findings.Circumstances}").AppendLine()
                    .Append(MarkdownTable.Of(findings.Figures)).AppendLine();
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
            throw new InvalidOperationException($"{path} has no lines \"{Begin}\" and \"{End}\" to write between.");
        }

        File.WriteAllText(path, $"{text[..(from + Begin.Length)]}\n\n{content.Trim()}\n\n{text[to..]}");
    }
}
