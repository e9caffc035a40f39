using System.Text.Json;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>Stores the result of each scenario in a JSON file.</summary>
internal sealed class ResultStore(string folder)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public void Save(string scenario, ScenarioResult result)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(PathOf(scenario), JsonSerializer.Serialize(result, Json));
    }

    /// <summary>Null if the scenario has not been run.</summary>
    public ScenarioResult? Load(string scenario)
        => File.Exists(PathOf(scenario)) ? JsonSerializer.Deserialize<ScenarioResult>(File.ReadAllText(PathOf(scenario)), Json) : null;

    /// <summary>One figure of a scenario, by peer; empty if the scenario has not been run.</summary>
    public Dictionary<string, Figure> Load(string scenario, string figure)
        => (Load(scenario)?.Figures ?? []).Where(candidate => candidate.Name == figure).ToDictionary(candidate => candidate.Peer);

    private string PathOf(string scenario) => Path.Combine(folder, scenario + ".json");
}
