using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>A measurement that covers all peers in one run.</summary>
/// <param name="Name">Its name on the command line and of its results file.</param>
/// <param name="Title">Its heading in the reports.</param>
/// <param name="RunAsync">Runs it and returns its figures.</param>
internal sealed record Scenario(string Name, string Title, Func<Effort, Task<IReadOnlyList<Figure>>> RunAsync);

/// <summary>How long to run: in full for figures, or briefly to check that the scenario works.</summary>
internal enum Effort
{
    Brief,
    Full,
}
