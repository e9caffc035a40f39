using System.Text.Json;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>Keeps what the scenarios found, a JSON file each, so that a report can be made of runs at different times.</summary>
internal sealed class ResultStore(string folder)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public void Save(string scenario, IReadOnlyList<Figure> figures)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(PathOf(scenario), JsonSerializer.Serialize(figures, Json));
    }

    /// <summary>Empty for a scenario that has not been run.</summary>
    public IReadOnlyList<Figure> Load(string scenario)
        => File.Exists(PathOf(scenario))
            ? JsonSerializer.Deserialize<List<Figure>>(File.ReadAllText(PathOf(scenario)), Json)!
            : [];

    private string PathOf(string scenario) => Path.Combine(folder, scenario + ".json");
}
