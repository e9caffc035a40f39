namespace TencentCiam.TokenClient.Caching;

/// <summary>Why a token is asked for.</summary>
internal enum AcquisitionReason
{
    /// <summary>There was none yet.</summary>
    Cold,

    /// <summary>The current one is near its end, and still serves.</summary>
    Refresh,

    /// <summary>The last one has reached its end.</summary>
    Expired,

    /// <summary>A resource refused the last one.</summary>
    Unauthorized,
}

/// <summary>
/// One acquisition under way. It belongs to none of those who wait for it: each may walk away, and it goes on.
/// </summary>
/// <param name="reason">Why it took off.</param>
/// <param name="maxAttempts">How often a transient failure is met before it lands, if anybody has waited.</param>
internal sealed class TokenAcquisition(AcquisitionReason reason, int maxAttempts)
{
    // Continuations must not run on the acquisition, where one slow caller would hold up all others.
    private readonly TaskCompletionSource<CiamTokenResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AcquisitionReason Reason { get; } = reason;

    public int MaxAttempts { get; } = maxAttempts;

    /// <summary>Whether anybody has waited, be it for a moment. Guarded by the slot's lock.</summary>
    public bool IsAwaited { get; set; }

    public Task<CiamTokenResult> Completion => _completion.Task;

    public void Complete(CiamTokenResult result) => _completion.TrySetResult(result);

    /// <summary>Only when the client is disposed under it, or on a fault of the program.</summary>
    public void Fail(Exception exception)
    {
        if (_completion.TrySetException(exception))
        {
            // Seen here, for nobody may be waiting.
            _ = _completion.Task.Exception;
        }
    }
}
