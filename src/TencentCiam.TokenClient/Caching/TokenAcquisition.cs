using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Caching;

/// <summary>
/// One acquisition: its attempts and the pauses between them. It belongs to none of its callers: each may cancel its own
/// wait, and the acquisition continues.
/// </summary>
/// <param name="slot">The slot that started it and decides what each attempt leads to.</param>
/// <param name="client">What the slots of the client share.</param>
/// <param name="reason">Why it was started.</param>
/// <param name="maxAttempts">The number of attempts that transient failures are allowed, once a caller has waited.</param>
internal sealed class TokenAcquisition(TokenSlot slot, ClientContext client, AcquisitionReason reason, int maxAttempts)
{
    private readonly TimeProvider _timeProvider = client.TimeProvider;

    // Continuations must not run on the acquisition, where one slow caller would hold up all others.
    private readonly TaskCompletionSource<CiamTokenResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AcquisitionReason Reason { get; } = reason;

    /// <summary>Whether any caller has waited, even briefly. Guarded by the slot's lock.</summary>
    public bool IsAwaited { get; set; }

    public Task<CiamTokenResult> Completion => _completion.Task;

    public void Start()
        // Unsafe: the acquisition must not carry the ExecutionContext of the caller that happened to be first, nor its Activity.
        => ThreadPool.UnsafeQueueUserWorkItem(static acquisition => _ = acquisition.RunAsync(), this, preferLocal: false);

    /// <summary>Decides under the slot's lock whether another attempt follows, and after which pause.</summary>
    /// <param name="attempt">The number of the attempt that has ended, from 1.</param>
    /// <param name="result">What it ended with.</param>
    /// <param name="options">The options that it was made with.</param>
    /// <param name="now">The current time.</param>
    /// <param name="deadline">When the acquisition has to end.</param>
    /// <returns>The pause; null when the acquisition has ended.</returns>
    public TimeSpan? PauseAfter(
        int attempt,
        CiamTokenResult result,
        CiamClientCredentialsOptions options,
        ClockReading now,
        ClockReading deadline)
    {
        var error = (result as CiamTokenResult.Failure)?.Error;

        // The options may have changed during the attempt. A token of another application must not be returned, and another
        // secret may succeed where this one failed: request again with the current options. A reload that changed neither
        // is no reason to.
        var current = client.Options;
        if (error is null ? !options.IsSameApplication(current) : !options.HasSameCredentials(current))
        {
            return TimeSpan.Zero;
        }

        if (error is not { IsTransient: true } || !IsAwaited || attempt >= maxAttempts)
        {
            return null;
        }

        var pause = Backoff.FromRetryAfter(error.RetryAfter) ?? Backoff.BetweenAttempts(attempt - 1, client.Draw());
        if (!now.Plus(pause, _timeProvider).IsBefore(deadline))
        {
            return null;
        }

        return current.PausesBetweenAttempts ? pause : TimeSpan.Zero;
    }

    private async Task RunAsync()
    {
        try
        {
            // There is no current Activity that could become its parent, so no caller's trace is charged with it. Its
            // listeners may throw, here as below.
            using var activity = Activities.StartAcquisition(client.Name, Reason);
            var timeout = client.Options.AcquisitionTimeout;
            var deadline = ClockReading.Now(_timeProvider).Plus(timeout, _timeProvider);
            using var end = new CancellationTokenSource(timeout, _timeProvider);
            using var stopping = client.Stopping.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), end);

            CiamTokenError? lastError = null;
            CiamClientCredentialsOptions? lastOptions = null;
            for (var attempt = 1; ; attempt++)
            {
                // What the portal said to other credentials does not apply to these.
                var options = client.Options;
                lastError = lastOptions?.HasSameCredentials(options) == true ? lastError : null;
                lastOptions = options;
                var sentAt = ClockReading.Now(_timeProvider);
                var result = await AttemptAsync(options, timeout, lastError, end.Token).ConfigureAwait(false);
                ObjectDisposedException.ThrowIf(client.Stopping.IsCancellationRequested, typeof(ICiamTokenProvider));
                lastError = (result as CiamTokenResult.Failure)?.Error;
                var outcome = slot.Settle(this, attempt, result, options, sentAt, deadline);
                try
                {
                    AcquisitionLog.Write(client, slot.Scope, this, attempt, result, outcome);
                    if (outcome.Pause is null)
                    {
                        activity.End(lastError);
                    }
                }
                finally
                {
                    if (outcome.Pause is null)
                    {
                        _completion.TrySetResult(result);
                    }
                }

                if (outcome.Pause is not { } pause)
                {
                    return;
                }

                await Task.Delay(pause, _timeProvider, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
#pragma warning disable CA1031 // Nobody awaits this task: whatever happens must reach the callers that wait.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e);
        }
    }

    private async Task<CiamTokenResult> AttemptAsync(
        CiamClientCredentialsOptions options,
        TimeSpan timeout,
        CiamTokenError? lastError,
        CancellationToken end)
    {
        var started = _timeProvider.GetTimestamp();
        CiamTokenResult result;
        try
        {
            // WaitAsync: a handler of the user's may ignore the cancellation, and must not block the slot for good.
            result = await client.TokenRequester.RequestTokenAsync(options, slot.Scope, end).WaitAsync(end).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (end.IsCancellationRequested)
        {
            // The error of an earlier attempt says more than that the time is up.
            result = new CiamTokenResult.Failure(lastError ?? TokenErrors.AcquisitionTimedOut(options, timeout, e));
        }

        client.Metrics.RequestEnded(
            _timeProvider.GetElapsedTime(started), client.Name, Reason, (result as CiamTokenResult.Failure)?.Error);
        return result;
    }

    // Only when the client is disposed during the acquisition, or on a fault of the program.
    private void Fail(Exception exception)
    {
        slot.Remove(this);
        if (_completion.TrySetException(exception))
        {
            // Observed here, because no caller may be waiting.
            _ = _completion.Task.Exception;
        }
    }
}
