namespace TencentCiam.TokenClient.Caching;

/// <summary>
/// Blocks without the thread pool, whose threads may all be blocked. Timers fire on the pool, so they are used only with a clock
/// other than the machine's own.
/// </summary>
internal static class SynchronousWait
{
    /// <summary>Returns when the time has passed, or the wait is cancelled.</summary>
    public static void For(TimeSpan time, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        if (timeProvider == TimeProvider.System)
        {
            cancellationToken.WaitHandle.WaitOne(time);
        }
        else
        {
            Block(Task.Delay(time, timeProvider, cancellationToken), Timeout.InfiniteTimeSpan, CancellationToken.None);
        }
    }

    /// <summary>Returns when the task has ended, in whatever way, the limit has passed, or the wait is cancelled.</summary>
    public static void For(Task task, TimeSpan? limit, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        if (limit is { } time && timeProvider != TimeProvider.System)
        {
            Block(task.WaitAsync(time, timeProvider, cancellationToken), Timeout.InfiniteTimeSpan, CancellationToken.None);
        }
        else
        {
            Block(task, limit ?? Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }

    private static void Block(Task task, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            task.Wait((int)limit.TotalMilliseconds, cancellationToken);
        }
        catch (Exception e) when (e is AggregateException or OperationCanceledException)
        {
            // The task says how it ended; the token, whether the caller cancelled.
        }
    }
}
