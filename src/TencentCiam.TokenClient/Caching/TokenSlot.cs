using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.Caching;

/// <summary>
/// One cached token and how it is renewed. What a caller meets depends on the phase of the token that is held:
/// <list type="bullet">
/// <item>fresh: it is returned, without a lock;</item>
/// <item>refresh window: it is returned, and a acquisition starts in the background unless one has just failed;</item>
/// <item>margin, dead or none: the caller joins the acquisition, or starts one. While a failure is remembered there is no
/// acquisition, and none once the client is disposed: a token in its margin is returned as a last resort, otherwise the
/// failure is thrown at once.</item>
/// </list>
/// At most one acquisition is under way. It lands with a token, which replaces the one held and ends all memory of failures,
/// or with a failure, which leaves the token as it was.
/// </summary>
/// <param name="scope">The scopes it asks for; empty for none, which leaves the choice to the portal.</param>
/// <param name="source">What the slots of one client share.</param>
internal sealed class TokenSlot(string scope, ClientContext source)
{
    private const int MaxAttempts = 3;

    private readonly TimeProvider _timeProvider = source.TimeProvider;
    private readonly object _gate = new();

    // Replaced whole, under the lock; read without it by callers that find it fresh.
    private volatile HeldToken? _held;

    // The rest is guarded by the lock.
    private readonly FailureMemory _failures = new(source.TimeProvider, source.Draw);
    private TokenAcquisition? _acquisition;
    private AcquisitionReason _reasonForNone = AcquisitionReason.Cold;

    /// <summary>The scopes it asks for; empty for none.</summary>
    public string Scope => scope;

    /// <summary>Null when no token is held that lives.</summary>
    public TimeSpan? RemainingLife => _held?.RemainingAt(ClockReading.Now(_timeProvider), _timeProvider);

    /// <summary>Of the latest acquisition; completed when that has landed and been reported, or when there was none.</summary>
    internal Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>The token that is held, while it lives.</summary>
    private CiamAccessToken? Living => _held is { } held && held.IsUnexpired(ClockReading.Now(_timeProvider)) ? held.Token : null;

    public ValueTask<CiamAccessToken> GetTokenAsync(CancellationToken cancellationToken)
    {
        var held = _held;
        return held is not null && held.IsFreshNow(_timeProvider)
            ? Found(held, LookupOutcome.Hit)
            : GetTokenPastFreshAsync(cancellationToken);
    }

    /// <summary>Drops the token if it is the current one and old enough for another to be different.</summary>
    public void Invalidate(CiamAccessToken token)
    {
        lock (_gate)
        {
            if (_held is { } held && ReferenceEquals(held.Token, token) && !held.IsYoung(ClockReading.Now(_timeProvider)))
            {
                Drop(AcquisitionReason.Unauthorized);
            }
        }
    }

    /// <summary>The options have changed: what was learnt with the old ones no longer holds.</summary>
    public void Forget(bool tokenToo)
    {
        lock (_gate)
        {
            if (tokenToo)
            {
                Drop(AcquisitionReason.Cold);
            }

            _failures.Forget();
        }
    }

    private void Drop(AcquisitionReason reason) => (_held, _reasonForNone) = (null, reason);

    private ValueTask<CiamAccessToken> GetTokenPastFreshAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<CiamAccessToken>(cancellationToken);
        }

        Task<CiamTokenResult>? completion = null;
        TimeSpan? patience = null;
        CiamTokenError? error;
        AcquisitionReason reason;
        var isFirstToFail = false;
        lock (_gate)
        {
            var now = ClockReading.Now(_timeProvider);
            var held = _held;
            var isStopping = source.Stopping.IsCancellationRequested;
            if (held is not null && held.IsAttachable(now))
            {
                if (!isStopping && _acquisition is null && !held.IsFresh(now) && _failures.AllowsBackgroundRefresh(now))
                {
                    Start(AcquisitionReason.Refresh);
                }

                return Found(held, LookupOutcome.Hit);
            }

            reason = held is null ? _reasonForNone : AcquisitionReason.Expired;
            error = !isStopping && _acquisition is null ? _failures.Current(now) : null;
            if (!isStopping && error is null)
            {
                var acquisition = _acquisition ?? Start(reason);
                acquisition.IsAwaited = true;
                completion = acquisition.Completion;

                // A portal that hangs must not outlast a token that lives: half of what it has left is for the call. With a
                // second or less the call might come too late, and it is better to wait.
                patience = held?.RemainingAt(now, _timeProvider) is { } left && left > TimeSpan.FromSeconds(2) ? left / 2 : null;
            }
            else if (held is not null && held.IsUnexpired(now))
            {
                return Found(held, LookupOutcome.LastResort);
            }
            else
            {
                isFirstToFail = error is not null && _failures.MeetFirst();
            }
        }

        if (completion is not null)
        {
            return patience is { } limit
                ? JoinWhileItLivesAsync(completion, limit, cancellationToken)
                : JoinAsync(completion, cancellationToken);
        }

        Count(LookupOutcome.Failed);
        if (isFirstToFail)
        {
            AcquisitionLog.CallersFail(source, scope, reason, error!);
        }

        return ValueTask.FromException<CiamAccessToken>(error is null ? Disposed() : new CiamTokenException(error));
    }

    private async ValueTask<CiamAccessToken> JoinWhileItLivesAsync(
        Task<CiamTokenResult> completion,
        TimeSpan patience,
        CancellationToken cancellationToken)
    {
        await ((Task)completion).WaitAsync(patience, _timeProvider, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (completion.IsCompleted || cancellationToken.IsCancellationRequested || Living is not { } token)
        {
            return await JoinAsync(completion, cancellationToken).ConfigureAwait(false);
        }

        Count(LookupOutcome.LastResort);
        return token;
    }

    private async ValueTask<CiamAccessToken> JoinAsync(Task<CiamTokenResult> completion, CancellationToken cancellationToken)
    {
        Exception refusal;
        try
        {
            // The caller may walk away; the acquisition goes on for the others.
            var result = await completion.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (result.TryGetToken(out var token, out var error))
            {
                Count(LookupOutcome.Waited);
                return token;
            }

            refusal = new CiamTokenException(error);
        }
        catch (OperationCanceledException)
        {
            Count(LookupOutcome.Cancelled);
            throw;
        }
#pragma warning disable CA1031 // It was abandoned, which ends like a failure. The exception is thrown below.
        catch (Exception e)
#pragma warning restore CA1031
        {
            refusal = e is ObjectDisposedException ? Disposed() : e;
        }

        // A token in its margin is better than none.
        if (Living is { } last)
        {
            Count(LookupOutcome.LastResort);
            return last;
        }

        Count(LookupOutcome.Failed);
        throw refusal;
    }

    private static ObjectDisposedException Disposed() => new(nameof(ICiamTokenProvider));

    private ValueTask<CiamAccessToken> Found(HeldToken held, LookupOutcome outcome)
    {
        Count(outcome);
        return new(held.Token);
    }

    private void Count(LookupOutcome outcome) => source.Metrics.LookedUp(source.ClientName, outcome);

    private TokenAcquisition Start(AcquisitionReason reason)
    {
        var acquisition = _acquisition = new TokenAcquisition(reason, _failures.HasError ? 1 : MaxAttempts);
        Completion = acquisition.Completion;

        // Unsafe: the acquisition must not carry the ExecutionContext of whoever happened to be first, nor its Activity.
        ThreadPool.UnsafeQueueUserWorkItem(
            static state => _ = state.Slot.RunAsync(state.Acquisition), (Slot: this, Acquisition: acquisition), preferLocal: false);
        return acquisition;
    }

    private async Task RunAsync(TokenAcquisition acquisition)
    {
        try
        {
            // There is no current Activity to be its parent: no innocent caller is charged with it. Whoever listens to it may
            // throw, here as below.
            using var activity = Activities.StartAcquisition(source.ClientName, acquisition.Reason);
            var limit = source.Options.AcquisitionTimeout;
            var deadline = ClockReading.Now(_timeProvider).Plus(limit, _timeProvider);
            using var end = new CancellationTokenSource(limit, _timeProvider);
            using var stopping = source.Stopping.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), end);

            CiamTokenError? lastError = null;
            CiamClientCredentialsOptions? lastOptions = null;
            for (var attempt = 1; ; attempt++)
            {
                // What the portal said to other credentials says nothing about these.
                var options = source.Options;
                lastError = lastOptions?.HasSameCredentials(options) == true ? lastError : null;
                lastOptions = options;
                var sentAt = ClockReading.Now(_timeProvider);
                var result = await AttemptAsync(acquisition, options, limit, lastError, end.Token).ConfigureAwait(false);
                ObjectDisposedException.ThrowIf(source.Stopping.IsCancellationRequested, typeof(ICiamTokenProvider));
                lastError = (result as CiamTokenResult.Failure)?.Error;
                var settled = Settle(acquisition, attempt, result, options, sentAt, deadline);
                try
                {
                    AcquisitionLog.Write(source, scope, acquisition, attempt, result, settled);
                    if (settled.Pause is null)
                    {
                        activity.End(lastError);
                    }
                }
                finally
                {
                    if (settled.Pause is null)
                    {
                        acquisition.Complete(result);
                    }
                }

                if (settled.Pause is not { } pause)
                {
                    return;
                }

                await Task.Delay(pause, _timeProvider, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
#pragma warning disable CA1031 // Nobody awaits this task: whatever happens must reach those who wait for the acquisition.
        catch (Exception e)
#pragma warning restore CA1031
        {
            lock (_gate)
            {
                _acquisition = ReferenceEquals(_acquisition, acquisition) ? null : _acquisition;
            }

            acquisition.Fail(e);
        }
    }

    private async Task<CiamTokenResult> AttemptAsync(
        TokenAcquisition acquisition,
        CiamClientCredentialsOptions options,
        TimeSpan limit,
        CiamTokenError? lastError,
        CancellationToken end)
    {
        var started = _timeProvider.GetTimestamp();
        CiamTokenResult result;
        try
        {
            // WaitAsync: a handler of the user's may ignore the cancellation, and must not hold the slot for good.
            result = await source.RequestTokenAsync(options, scope, end).WaitAsync(end).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (end.IsCancellationRequested)
        {
            // The error that was really met says more than that the time is up.
            result = new CiamTokenResult.Failure(lastError ?? new CiamTokenError.EndpointUnavailable(
                "timeout",
                $"No token was had from the CIAM portal {options.Authority} within {limit.TotalSeconds:0.###} s. Check that this "
                + "machine reaches the portal; if the portal is slow, raise the option AcquisitionTimeout.",
                exception: e));
        }
#pragma warning disable CA1031 // The HttpClient is made of what the user configured, which may throw anything.
        catch (Exception e)
#pragma warning restore CA1031
        {
            result = new CiamTokenResult.Failure(new CiamTokenError.EndpointUnavailable(
                "request_failed",
                $"The CIAM portal {options.Authority} was not asked for a token, because making the HttpClient for it failed with "
                + $"{e.GetType().Name}. Check how the token endpoint's HttpClient is configured: see the inner exception.",
                exception: e));
        }

        source.Metrics.RequestEnded(
            _timeProvider.GetElapsedTime(started), source.ClientName, acquisition.Reason, (result as CiamTokenResult.Failure)?.Error);
        return result;
    }

    /// <summary>Decides what an attempt ends in: another attempt after a pause, or the end of the acquisition.</summary>
    private AttemptOutcome Settle(
        TokenAcquisition acquisition,
        int attempt,
        CiamTokenResult result,
        CiamClientCredentialsOptions options,
        ClockReading sentAt,
        ClockReading deadline)
    {
        lock (_gate)
        {
            var now = ClockReading.Now(_timeProvider);
            var hadFailed = acquisition.IsAwaited && result is CiamTokenResult.Failure
                ? _failures.HasFailedCallers
                : _failures.HasFailed;
            if (PauseBeforeNextAttempt(acquisition, attempt, result, options, now, deadline) is { } pause)
            {
                return new AttemptOutcome(pause, Schedule: null, hadFailed);
            }

            _acquisition = null;
            if (result.TryGetToken(out var token, out var error))
            {
                return new AttemptOutcome(Pause: null, Hold(token, sentAt, now), hadFailed);
            }

            _failures.Remember(error, acquisition.IsAwaited, now);
            return new AttemptOutcome(Pause: null, Schedule: null, hadFailed);
        }
    }

    private TimeSpan? PauseBeforeNextAttempt(
        TokenAcquisition acquisition,
        int attempt,
        CiamTokenResult result,
        CiamClientCredentialsOptions options,
        ClockReading now,
        ClockReading deadline)
    {
        var error = (result as CiamTokenResult.Failure)?.Error;

        // The options may have changed under the attempt. A token of another application must not be handed out, and
        // another secret may succeed where this one failed: ask again, with what is in force now.
        // A reload that changed neither is no reason to.
        var current = source.Options;
        if (error is null ? !options.IsSameApplication(current) : !options.HasSameCredentials(current))
        {
            return TimeSpan.Zero;
        }

        if (error is not { IsTransient: true } || !acquisition.IsAwaited || attempt >= acquisition.MaxAttempts)
        {
            return null;
        }

        var pause = Backoff.FromRetryAfter(error.RetryAfter) ?? Backoff.BetweenAttempts(attempt - 1, source.Draw());
        return now.Plus(pause, _timeProvider).IsBefore(deadline) ? pause : null;
    }

    private RefreshSchedule Hold(CiamAccessToken token, ClockReading sentAt, ClockReading now)
    {
        var options = source.Options;
        var schedule = RefreshSchedule.For(
            token.Lifetime, options.RefreshBeforeExpiration, options.ExpirationMargin, source.Draw());
        var arrived = new HeldToken(token, sentAt, schedule, _timeProvider);
        _failures.Forget();
        if (arrived.IsUnexpired(now))
        {
            _held = arrived;
        }
        else
        {
            // It serves those who waited, and nobody after them.
            _failures.DelayBackgroundRefresh(now);
        }

        return schedule;
    }
}
