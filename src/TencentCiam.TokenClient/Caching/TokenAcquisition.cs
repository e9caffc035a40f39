using System.Diagnostics;
using TencentCiam.TokenClient.DistributedCache;
using TencentCiam.TokenClient.Telemetry;
using TencentCiam.TokenClient.TokenEndpoint;

namespace TencentCiam.TokenClient.Caching;

/// <summary>
/// One acquisition: its attempts and the pauses between them. It belongs to none of its callers: each may cancel its own
/// wait, and the acquisition continues.
/// </summary>
/// <param name="slot">The slot that created it and decides what each attempt leads to.</param>
/// <param name="client">What the slots of the client share.</param>
/// <param name="provider">The client's provider, which looks up the options before each attempt.</param>
/// <param name="reason">Why a token is acquired.</param>
/// <param name="maxAttempts">The number of attempts that transient failures are allowed, once a caller has waited.</param>
/// <param name="isSynchronous">Whether a synchronous caller starts it: it then runs without the thread pool.</param>
internal sealed class TokenAcquisition(
    TokenSlot slot,
    ClientContext client,
    CiamTokenProvider provider,
    AcquisitionReason reason,
    int maxAttempts,
    bool isSynchronous)
{
    private readonly TimeProvider _timeProvider = client.TimeProvider;

    // Continuations must not run on the acquisition's thread, where one slow caller would delay all others.
    private readonly TaskCompletionSource<CiamTokenResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource? _ended =
        client.SharedCache is null ? null : new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource? _awaited =
        client.SharedCache is null ? null : new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ReportQueue _reports = new();
    private volatile Activity? _activity;

    public AcquisitionReason Reason { get; } = reason;

    /// <summary>Whether any caller has waited, even briefly. Guarded by the slot's lock.</summary>
    public bool IsAwaited { get; private set; }

    /// <summary>The token that it ended with; null without one, or if that had expired on arrival.</summary>
    public HeldToken? Acquired { get; set; }

    public Task<CiamTokenResult> Completion => _completion.Task;

    /// <summary>Null before it runs, and without a listener.</summary>
    public Activity? Activity => _activity;

    /// <summary>After <see cref="Completion"/>: completed when the acquisition was also logged and measured.</summary>
    internal Task Reported => _reports.Completed;

    /// <summary>Whether nothing is left to wait for.</summary>
    internal bool HasEnded => Completion.IsCompleted && Ended.IsCompleted && Reported.IsCompleted;

    /// <summary>Completed when it was also shared with other instances.</summary>
    internal Task Ended => _ended?.Task ?? Completion;

    /// <summary>Starts it, apart from the caller: it must not carry the caller's ExecutionContext, nor its Activity.</summary>
    public void Start()
    {
        try
        {
            if (isSynchronous)
            {
                OwnThread.Start(() => _ = RunAsync());
            }
            else
            {
                ThreadPool.UnsafeQueueUserWorkItem(
                    static acquisition => _ = acquisition.RunAsync(), this, preferLocal: false);
            }
        }
#pragma warning disable CA1031 // No thread is left. Callers that wait get the exception; one whose token still serves does not.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e);
        }
    }

    /// <summary>A caller waits from now on. Called under the slot's lock.</summary>
    public void Await()
    {
        IsAwaited = true;
        _awaited?.TrySetResult();
    }

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
        // does not cause another request.
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
        // There is no current Activity that could become its parent, so it appears in no caller's trace.
        var activity = Activities.StartAcquisition(client.Name, Reason);
        _activity = activity;
        SharedAcquisition? shared = null;
        try
        {
            var timeout = client.Options.AcquisitionTimeout;
            var startedAt = ClockReading.Now(_timeProvider);
            using var end = new CancellationTokenSource(timeout, _timeProvider);
            using var stopping = client.Stopping.Token.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), end);

            shared = client.SharedCache?.Begin(client, slot, this, isSynchronous);
            CiamTokenError? lastError = null;
            CiamClientCredentialsOptions? lastOptions = null;
            for (var attempt = 1; ; attempt++)
            {
                var notConfigured = await provider.UpdateOptionsAsync(end.Token).ConfigureAwait(false);
                var options = client.Options;
                if (options.AcquisitionTimeout != timeout)
                {
                    timeout = options.AcquisitionTimeout;
                    var elapsed = _timeProvider.GetElapsedTime(startedAt.Timestamp);
                    end.CancelAfter(TimeSpanMath.Max(timeout - elapsed, TimeSpan.Zero));
                }

                // What the portal said to other credentials does not apply to these.
                lastError = lastOptions?.HasSameCredentials(options) == true ? lastError : null;
                lastOptions = options;
                var scope = provider.GetScopeToRequest(slot.Scope);
                var adopted = notConfigured is null && shared is not null
                    ? await shared.FindAsync(options, scope, end.Token).ConfigureAwait(false)
                    : null;
                var sentAt = adopted?.SentAt ?? ClockReading.Now(_timeProvider);
                var result = adopted is not null ? new CiamTokenResult.Success(adopted.Token)
                    : notConfigured is null
                    ? await AttemptAsync(options, scope, timeout, lastError, end.Token).ConfigureAwait(false)
                    : new CiamTokenResult.Failure(end.IsCancellationRequested ? lastError ?? notConfigured : notConfigured);
                TimeSpan? duration = adopted is null && notConfigured is null
                    ? _timeProvider.GetElapsedTime(sentAt.Timestamp)
                    : null;
                if (shared is not null && duration is not null && result is CiamTokenResult.Failure failed)
                {
                    adopted = await FindInsteadAsync(shared, options, duration.Value, failed.Error).ConfigureAwait(false);
                    if (adopted is not null)
                    {
                        (result, sentAt, duration) = (new CiamTokenResult.Success(adopted.Token), adopted.SentAt, null);
                    }
                }

                ObjectDisposedException.ThrowIf(client.Stopping.IsCancellationRequested, typeof(ICiamTokenProvider));
                lastError = (result as CiamTokenResult.Failure)?.Error;
                var outcome = slot.Settle(
                    this, attempt, result, options, sentAt, startedAt.Plus(timeout, _timeProvider), adopted?.Schedule);
                var ended = attempt;
                _reports.Add(() => AcquisitionLog.Write(client, slot.Scope, scope, Reason, ended, duration, result, outcome));
                if (outcome.Pause is not { } pause)
                {
                    activity.SetDuration(_timeProvider.GetElapsedTime(startedAt.Timestamp));
                    _reports.Add(() => activity.End((result as CiamTokenResult.Failure)?.Error));
                    slot.UpdateKeepWarm();
                    _completion.TrySetResult(result);
                    await CompleteAsync(shared, adopted, result, sentAt).ConfigureAwait(false);
                    return;
                }

                await CompleteAsync(shared, adopted, result, sentAt).ConfigureAwait(false);
                await PauseAsync(pause, end.Token).ConfigureAwait(false);
            }
        }
#pragma warning disable CA1031 // Nobody awaits this task: whatever happens must reach the callers that wait.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _reports.Add(() => activity.End(error: null));
            Fail(e);
            await (shared?.ReleaseAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        }
        finally
        {
            _ended?.TrySetResult();
        }
    }

    // After the callers have their token: the other instances' is not worth their wait.
    private static Task CompleteAsync(
        SharedAcquisition? shared,
        AdoptedToken? adopted,
        CiamTokenResult result,
        ClockReading sentAt)
        => shared is null ? Task.CompletedTask
            : adopted is not null ? shared.ReleaseAsync()
            : shared.CompleteAsync(result, sentAt);

    // While the request failed, another instance may have acquired a token.
    private async Task<AdoptedToken?> FindInsteadAsync(
        SharedAcquisition shared,
        CiamClientCredentialsOptions options,
        TimeSpan duration,
        CiamTokenError error)
    {
        var adopted = await shared.FindInsteadAsync(options).ConfigureAwait(false);
        if (adopted is not null)
        {
            _reports.Add(() => client.Metrics.RequestEnded(duration, client.NameInMetrics, Reason, error));
        }

        return adopted;
    }

    private async Task<CiamTokenResult> AttemptAsync(
        CiamClientCredentialsOptions options,
        string scope,
        TimeSpan timeout,
        CiamTokenError? lastError,
        CancellationToken end)
    {
        try
        {
            var request = isSynchronous
                ? client.TokenRequester.RequestTokenOnOwnThreadAsync(options, scope, end)
                : client.TokenRequester.RequestTokenAsync(options, scope, end);

            // WaitAsync: a handler of the user's may ignore the cancellation, and must not block the slot forever.
            return await request.WaitAsync(end).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (end.IsCancellationRequested)
        {
            // The error of an earlier attempt says more than that the time is up.
            return new CiamTokenResult.Failure(lastError ?? TokenErrors.AcquisitionTimedOut(options, timeout, e));
        }
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

    /// <summary>Logs or measures something beside the acquisition.</summary>
    public void Report(Action report) => _reports.Add(report);

    /// <summary>Waits, without the thread pool if the acquisition is synchronous. Throws nothing when it is cancelled.</summary>
    public async Task PauseAsync(TimeSpan pause, CancellationToken end)
    {
        // After a request that had to be sent asynchronously, this may be a thread of the pool.
        if (isSynchronous && !Thread.CurrentThread.IsThreadPoolThread)
        {
            SynchronousWait.For(pause, _timeProvider, end);
        }
        else
        {
            await Task.Delay(pause, _timeProvider, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The same, but ends when a caller begins to wait. Only where tokens are shared.</summary>
    public async Task PauseUntilAwaitedAsync(TimeSpan pause, CancellationToken end)
    {
        if (isSynchronous && !Thread.CurrentThread.IsThreadPoolThread)
        {
            SynchronousWait.For(_awaited!.Task, pause, _timeProvider, end);
        }
        else
        {
            await _awaited!.Task.WaitAsync(pause, _timeProvider, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
