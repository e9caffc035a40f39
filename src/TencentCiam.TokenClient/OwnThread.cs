namespace TencentCiam.TokenClient;

/// <summary>
/// Runs work on a thread of its own instead of the thread pool's, for callers that block: they may occupy all threads of the
/// pool, which adds new ones only slowly.
/// </summary>
internal static class OwnThread
{
    /// <summary>Starts the work, without the caller's ExecutionContext.</summary>
    public static void Start(Action work) => Create(work).UnsafeStart();

    /// <summary>Starts the work, with the caller's ExecutionContext. What awaits the result continues on the same thread.</summary>
    public static Task<T> RunAsync<T>(Func<T> work)
    {
        // Without RunContinuationsAsynchronously: that would need the pool.
        var result = new TaskCompletionSource<T>();
        Create(() =>
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
        }).Start();
        return result.Task;
    }

    private static Thread Create(Action work) => new(new ThreadStart(work)) { IsBackground = true, Name = "CIAM token acquisition" };
}
