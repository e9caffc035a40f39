using System.Text.Json;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>Keeps what the scenarios found, a JSON file each.</summary>
internal sealed class ResultStore(string folder)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public void Save(string scenario, ScenarioResult findings)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(PathOf(scenario), JsonSerializer.Serialize(findings, Json));
    }

    /// <summary>Null for a scenario that has not been run.</summary>
    public ScenarioResult? Load(string scenario)
        => File.Exists(PathOf(scenario)) ? JsonSerializer.Deserialize<ScenarioResult>(File.ReadAllText(PathOf(scenario)), Json) : null;

    /// <summary>Of one figure of a scenario, what each peer got; empty when it has not been run.</summary>
    public Dictionary<string, Figure> Load(string scenario, string figure)
        => (Load(scenario)?.Figures ?? []).Where(found => found.Name == figure).ToDictionary(found => found.Peer);

    private string PathOf(string scenario) => Path.Combine(folder, scenario + ".json");
}
