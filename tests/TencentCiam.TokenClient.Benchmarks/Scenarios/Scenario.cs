using TencentCiam.TokenClient.Benchmarks.Results;

namespace TencentCiam.TokenClient.Benchmarks.Scenarios;

/// <summary>Something that is measured or counted, for all peers in one run.</summary>
/// <param name="Name">What it is called on the command line, and its results' file.</param>
/// <param name="Title">What the reports call it.</param>
/// <param name="RunAsync">Runs it.</param>
internal sealed record Scenario(string Name, string Title, Func<Effort, Task<IReadOnlyList<Figure>>> RunAsync);

/// <summary>How much is done: all of it for figures, a little of it where the point is only that it still works.</summary>
internal enum Effort
{
    Brief,
    Full,
}
