namespace TencentCiam.TokenClient.Caching;

/// <summary>Creates timers that do not keep the ExecutionContext of the call that happened to create them.</summary>
internal static class DetachedTimer
{
    public static ITimer Create(
        TimeProvider timeProvider,
        TimerCallback callback,
        object state,
        TimeSpan dueTime,
        TimeSpan period)
    {
        using (ExecutionContext.IsFlowSuppressed() ? default(IDisposable) : ExecutionContext.SuppressFlow())
        {
            return timeProvider.CreateTimer(callback, state, dueTime, period);
        }
    }
}
