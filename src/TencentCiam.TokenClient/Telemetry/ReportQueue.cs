namespace TencentCiam.TokenClient.Telemetry;

/// <summary>
/// Runs reports in their order, apart from what they report on: a logger or listener may be slow or block. Filled by one
/// acquisition, so it needs no lock.
/// </summary>
internal sealed class ReportQueue
{
    /// <summary>Completed when all reports have run.</summary>
    public Task Completed { get; private set; } = Task.CompletedTask;

    public void Add(Action report)
        => Completed = Completed.ContinueWith(
            static (_, report) => ((Action)report!)(),
            report,
            CancellationToken.None,
            TaskContinuationOptions.DenyChildAttach,
            TaskScheduler.Default);
}
