namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>The figures of one run of a scenario.</summary>
internal sealed record ScenarioResult(RunInfo Run, IReadOnlyList<Figure> Figures);
