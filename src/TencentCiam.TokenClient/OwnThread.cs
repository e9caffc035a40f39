namespace TencentCiam.TokenClient;

/// <summary>
/// Runs work on a thread of its own instead of the thread pool's, for callers that block: they may occupy all threads of the
/// pool, which adds new ones only slowly.
/// </summary>
internal static class OwnThread
{
    /// <summary>Starts the work, without the caller's ExecutionContext.</summary>
    public static void Start(Action work)
        => new Thread(static work => ((Action)work!)())
        {
            IsBackground = true,
            Name = "CIAM token acquisition",
        }.UnsafeStart(work);

    /// <summary>Starts the work. What awaits the result continues on the same thread.</summary>
    public static Task<T> RunAsync<T>(Func<T> work)
    {
        // Without RunContinuationsAsynchronously: that would need the pool.
        var result = new TaskCompletionSource<T>();
        Start(() =>
        {
            try
            {
                result.SetResult(work());
            }
#pragma warning disable CA1031 // It is thrown where the result is awaited.
            catch (Exception e)
#pragma warning restore CA1031
            {
                result.TrySetException(e);
            }
        });
        return result.Task;
    }
}
