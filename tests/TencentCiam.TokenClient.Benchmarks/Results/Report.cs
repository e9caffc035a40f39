using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using TencentCiam.TokenClient.Benchmarks.Scenarios;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>Writes what was found into the two READMEs, between their markers, and draws the picture.</summary>
internal static class Report
{
    private const string Begin = "<!-- benchmarks: written by the command `report` -->";
    private const string End = "<!-- /benchmarks -->";
    private const string Project = "tests/TencentCiam.TokenClient.Benchmarks";

    public static void Write(ResultStore store, DateTimeOffset now)
    {
        var folder = Path.Combine(Repository.Root, Project);
        File.WriteAllText(Path.Combine(folder, "comparison.svg"), Picture.Of(store));
        Replace(Path.Combine(folder, "README.md"), Everything(store, now));
        Replace(Path.Combine(Repository.Root, "README.md"), $"{Summary.Of(store)}\n{Circumstances(now)}\n");
    }

    private static string Everything(ResultStore store, DateTimeOffset now)
    {
        var text = new StringBuilder().AppendLine(Circumstances(now));
        foreach (var scenario in ScenarioCatalogue.All)
        {
            if (store.Load(scenario.Name) is { Count: > 0 } figures)
            {
                text.AppendLine().AppendLine($"### {scenario.Title}").AppendLine()
                    .AppendLine($"`{scenario.Name}`").AppendLine().Append(MarkdownTable.Of(figures));
            }
        }

        return text.ToString();
    }

    private static string Circumstances(DateTimeOffset now)
        => string.Create(
            CultureInfo.InvariantCulture,
            $"Measured on {now:yyyy-MM-dd} with .NET {Environment.Version}, {RuntimeInformation.OSDescription.Split(' ')[0]} {RuntimeInformation.OSArchitecture}, "
            + $"{Environment.ProcessorCount} shared cores: ratios and counts are what matters, times are only good beside each other.");

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
