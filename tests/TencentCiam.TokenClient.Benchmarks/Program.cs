using TencentCiam.TokenClient.Benchmarks.Results;
using TencentCiam.TokenClient.Benchmarks.Scenarios;

var usage = $"""
    dotnet run -c Release --project tests/TencentCiam.TokenClient.Benchmarks -- SCENARIO ...

    Runs scenarios and stores their results in artifacts/benchmarks:
    {string.Join("\n", ScenarioCatalogue.All.Select(scenario => $"  {scenario.Name,-14} {scenario.Title}"))}
      all            all scenarios, takes half an hour
      report         writes the tables and the charts from the stored results
    """;

if (args is [StartUp.ChildArgument, var peer])
{
    await StartUp.RunAsChildAsync(int.Parse(peer));
    return 0;
}

if (args is [Choice.ChildArgument, .. var choice])
{
    await Choice.RunAsChildAsync(choice);
    return 0;
}

if (args is [SynchronousCallers.ChildArgument, .. var arguments])
{
    SynchronousCallers.RunAsChild(arguments);
    return 0;
}

var chosen = args.SelectMany(name => name == "all" ? ScenarioCatalogue.All.Select(scenario => scenario.Name) : [name]).ToList();
var unknown = chosen.Where(name => name != "report" && ScenarioCatalogue.All.All(scenario => scenario.Name != name)).ToList();
if (chosen.Count == 0 || unknown.Count > 0)
{
    Console.Error.WriteLine(unknown.Count == 0 ? usage : $"Unknown scenario: {string.Join(", ", unknown)}.\n\n{usage}");
    return 2;
}

var store = new ResultStore(Path.Combine(Repository.Root, "artifacts", "benchmarks"));
foreach (var scenario in ScenarioCatalogue.All.Where(scenario => chosen.Contains(scenario.Name)))
{
    Console.WriteLine($"== {scenario.Title}");
    var figures = await scenario.RunAsync(Effort.Full);
    store.Save(scenario.Name, new ScenarioResult(RunInfo.Now(), figures));
    Console.WriteLine(MarkdownTable.Of(figures));
}

if (chosen.Contains("report"))
{
    Report.Write(store);
}

return 0;
