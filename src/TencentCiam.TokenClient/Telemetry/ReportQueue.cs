namespace TencentCiam.TokenClient.Telemetry;

/// <summary>
/// Runs the log and metric calls of one acquisition in order, on the thread pool, because a logger or listener may be slow or
/// block. Only the acquisition adds to it, so it needs no lock.
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
