namespace TencentCiam.TokenClient.Caching;

// The library's sources are compiled into this assembly, where these types are closer to them than those of the same names in
// System.Threading, which Coyote does not control.

internal static class ThreadPool
{
    public static bool UnsafeQueueUserWorkItem<TState>(Action<TState> callBack, TState state, bool preferLocal)
    {
        _ = Task.Run(() => callBack(state));
        return true;
    }
}

internal static class OwnThread
{
    public static void Start(Action work) => _ = Task.Run(work);
}

internal enum ConfigureAwaitOptions
{
    SuppressThrowing,
}

internal static class TaskExtensions
{
    public static async Task ConfigureAwait(this Task task, ConfigureAwaitOptions options)
    {
        try
        {
            await task;
        }
        catch (Exception) when (options == ConfigureAwaitOptions.SuppressThrowing)
        {
        }
    }
}
