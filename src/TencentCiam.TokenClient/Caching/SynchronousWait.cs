namespace TencentCiam.TokenClient.Caching;

/// <summary>Blocks without the thread pool, whose threads may all be blocked themselves.</summary>
internal static class SynchronousWait
{
    /// <summary>Returns when the time has passed, or the wait is cancelled.</summary>
    public static void For(TimeSpan time, TimeProvider timeProvider, CancellationToken cancellationToken)
        => For(new TaskCompletionSource().Task, time, timeProvider, cancellationToken);

    /// <summary>Returns when the task has ended, in whatever way, the limit has passed, or the caller has cancelled.</summary>
    public static void For(Task task, TimeSpan? limit, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        try
        {
            if (limit is not { } span)
            {
                task.Wait(Timeout.InfiniteTimeSpan, cancellationToken);
            }
            else if (timeProvider == TimeProvider.System)
            {
                // The same clock, but its timers fire on the pool.
                task.Wait(span, cancellationToken);
            }
            else
            {
                using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                using var timer = timeProvider.CreateTimer(
                    static end => ((CancellationTokenSource)end!).Cancel(), end, span, Timeout.InfiniteTimeSpan);
                task.Wait(Timeout.InfiniteTimeSpan, end.Token);
            }
        }
        catch (Exception e) when (e is AggregateException or OperationCanceledException)
        {
            // The task says how it ended; the token, whether the caller cancelled.
        }
    }
}
