namespace TencentCiam.TokenClient.Tests;

/// <summary>The SynchronizationContext of a caller whose only thread is blocked. It counts what is posted to it.</summary>
internal sealed class BlockedThreadContext : SynchronizationContext
{
    private int _posts;

    public int Posts => _posts;

    public Task Run(Func<Task> call)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            return call();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    // Counted, and then run elsewhere so that the test can end.
    public override void Post(SendOrPostCallback d, object? state)
    {
        Interlocked.Increment(ref _posts);
        base.Post(d, state);
    }
}
