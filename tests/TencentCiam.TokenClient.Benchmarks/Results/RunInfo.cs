using System.Globalization;
using System.Runtime.InteropServices;

namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>When and where a scenario was run: a report may combine runs of different days.</summary>
internal sealed record RunInfo(DateOnly Day, string Runtime, string Machine)
{
    /// <summary>Describes a run that ends now, on this machine.</summary>
    public static RunInfo Now()
        => new(
            DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime),
            $".NET {Environment.Version}",
            $"{RuntimeInformation.OSDescription.Split(' ')[0]} {RuntimeInformation.OSArchitecture}, {Environment.ProcessorCount} cores");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Day:yyyy-MM-dd}, {Runtime}, {Machine}");
}
