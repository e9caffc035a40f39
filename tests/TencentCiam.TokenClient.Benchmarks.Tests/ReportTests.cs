using TencentCiam.TokenClient.Benchmarks.Results;
using TencentCiam.TokenClient.Benchmarks.Scenarios;

namespace TencentCiam.TokenClient.Benchmarks.Tests;

public sealed class ReportTests : IDisposable
{
    private const string Scenario = "start-up";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ciam-benchmarks-");
    private readonly string _readme = File.ReadAllText(
        Path.Combine(Repository.Root, "tests", "TencentCiam.TokenClient.Benchmarks", "README.md"));

    [Fact]
    public void A_report_without_stored_results_keeps_all_tables()
        => Assert.Contains($"\n\n{Report.FullReport(new ResultStore(_folder.FullName), _readme).Trim()}\n\n<!--", _readme, StringComparison.Ordinal);

    [Fact]
    public void A_report_of_one_scenario_replaces_its_table_and_keeps_the_others()
    {
        var store = new ResultStore(_folder.FullName);
        store.Save(Scenario, new ScenarioResult(RunInfo.Now(), [new Figure("a peer", "time to first call", 123.456, "ms")]));

        var before = Report.FullReport(new ResultStore(Path.Combine(_folder.FullName, "none")), _readme);
        var after = Report.FullReport(store, _readme);

        var heading = $"### {ScenarioCatalogue.All.Single(scenario => scenario.Name == Scenario).Title}\n";
        Assert.Equal(before[..before.IndexOf(heading, StringComparison.Ordinal)], after[..after.IndexOf(heading, StringComparison.Ordinal)]);
        Assert.Contains("| a peer | 123 ms |\n", after, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
