using System.Globalization;
using System.Runtime.InteropServices;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>What a run of a scenario found, and where: a report may be made of runs at different times.</summary>
/// <param name="Day">When.</param>
/// <param name="Runtime">Which .NET.</param>
/// <param name="Machine">On what.</param>
/// <param name="Figures">What.</param>
internal sealed record ScenarioResult(DateOnly Day, string Runtime, string Machine, IReadOnlyList<Figure> Figures)
{
    /// <summary>Of a run that ends now, on this machine.</summary>
    public static ScenarioResult Of(IReadOnlyList<Figure> figures)
        => new(
            DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime),
            $".NET {Environment.Version}",
            $"{RuntimeInformation.OSDescription.Split(' ')[0]} {RuntimeInformation.OSArchitecture}, {Environment.ProcessorCount} cores",
            figures);

    /// <summary>A line for people.</summary>
    public string Circumstances
        => string.Create(CultureInfo.InvariantCulture, $"{Day:yyyy-MM-dd}, {Runtime}, {Machine}");
}
