using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.Caching;

/// <summary>
/// One cached token, and what a caller gets now. That depends on the phase of the token:
/// <list type="bullet">
/// <item>fresh: it is returned, without a lock;</item>
/// <item>refresh window: it is returned, and an acquisition starts in the background unless one has just failed;</item>
/// <item>margin, expired or none: the caller joins the acquisition, or starts one. While a failure is remembered, or after
/// the client was disposed, no acquisition starts: a token in its margin is returned as a last resort, otherwise the failure
/// is thrown at once.</item>
/// </list>
/// At most one acquisition runs. It ends with a token, which replaces the current one and clears all remembered failures,
/// or with a failure, which leaves the token as it was.
/// </summary>
/// <param name="scope">The scopes that it requests; empty for none, which leaves the choice to the portal.</param>
/// <param name="client">What the slots of one client share.</param>
internal sealed class TokenSlot(string scope, ClientContext client)
{
    private const int MaxAttempts = 3;

    // With this much left or less, a call could reach its API too late with the old token: waiting is better.
    private static readonly TimeSpan MinRemainingForPatience = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _timeProvider = client.TimeProvider;
    private readonly object _gate = new();

    // Replaced as a whole, under the lock; read without it by callers that find it fresh.
    private volatile HeldToken? _held;

    // The rest is guarded by the lock.
    private readonly FailureMemory _failures = new(client.TimeProvider, client.Draw);
    private TokenAcquisition? _acquisition;
    private AcquisitionReason _reasonForNone = AcquisitionReason.Cold;

    /// <summary>The scopes that it requests; empty for none.</summary>
    public string Scope => scope;

    /// <summary>Null without an unexpired token.</summary>
    public TimeSpan? RemainingLifetime => _held?.RemainingAt(ClockReading.Now(_timeProvider), _timeProvider);

    /// <summary>Of the latest acquisition; completed when that has ended and was logged, or when there was none.</summary>
    internal Task Completion { get; private set; } = Task.CompletedTask;

    private CiamAccessToken? Unexpired => _held is { } held && held.IsUnexpired(ClockReading.Now(_timeProvider)) ? held.Token : null;

    public ValueTask<CiamAccessToken> GetTokenAsync(CancellationToken cancellationToken)
    {
        var held = _held;
        if (held is not null && held.IsFreshNow(_timeProvider))
        {
            Count(LookupOutcome.Hit);
            return new(held.Token);
        }

        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<CiamAccessToken>(cancellationToken)
            : GetTokenAsync(Decide(), cancellationToken);
    }

    /// <summary>Drops the token if it is the current one and old enough for another one to be different.</summary>
    public void Invalidate(CiamAccessToken token)
    {
        lock (_gate)
        {
            if (_held is { } held && ReferenceEquals(held.Token, token) && !held.IsJustAcquired(ClockReading.Now(_timeProvider)))
            {
                Drop(AcquisitionReason.Unauthorized);
            }
        }
    }

    /// <summary>The options have changed: what was learned with the old ones no longer applies.</summary>
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

    /// <summary>Decides what an attempt leads to: another attempt after a pause, or the end of the acquisition.</summary>
    public AttemptOutcome Settle(
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
            if (acquisition.PauseAfter(attempt, result, options, now, deadline) is { } pause)
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

    /// <summary>The acquisition has ended with an exception, and leaves the next caller free to start another one.</summary>
    public void Remove(TokenAcquisition acquisition)
    {
        lock (_gate)
        {
            _acquisition = ReferenceEquals(_acquisition, acquisition) ? null : _acquisition;
        }
    }

    private CallerDecision Decide()
    {
        lock (_gate)
        {
            var now = ClockReading.Now(_timeProvider);
            var held = _held;
            var isStopping = client.Stopping.IsCancellationRequested;
            if (held is not null && held.IsAttachable(now))
            {
                if (!isStopping && _acquisition is null && !held.IsFresh(now) && _failures.AllowsBackgroundRefresh(now))
                {
                    Start(AcquisitionReason.Refresh);
                }

                return CallerDecision.Use(held.Token, LookupOutcome.Hit);
            }

            var reason = held is null ? _reasonForNone : AcquisitionReason.Expired;
            var error = !isStopping && _acquisition is null ? _failures.Current(now) : null;
            if (!isStopping && error is null)
            {
                var acquisition = _acquisition ?? Start(reason);
                acquisition.IsAwaited = true;

                // A portal that hangs must not outlast an unexpired token: half of its remaining life is left for the call.
                var remaining = held?.RemainingAt(now, _timeProvider);
                return CallerDecision.Wait(acquisition, remaining > MinRemainingForPatience ? remaining / 2 : null);
            }

            return held is not null && held.IsUnexpired(now)
                ? CallerDecision.Use(held.Token, LookupOutcome.LastResort)
                : CallerDecision.Fail(error, isFirstToFail: error is not null && _failures.FailCaller(), reason);
        }
    }

    private ValueTask<CiamAccessToken> GetTokenAsync(CallerDecision decision, CancellationToken cancellationToken)
    {
        if (decision.Acquisition is { } acquisition)
        {
            return WaitAsync(acquisition, decision.Patience, cancellationToken);
        }

        if (decision.Token is { } token)
        {
            Count(decision.Outcome);
            return new(token);
        }

        Count(LookupOutcome.Failed);
        if (decision.IsFirstToFail)
        {
            AcquisitionLog.CallersFail(client, scope, decision.Reason, decision.Error!);
        }

        return ValueTask.FromException<CiamAccessToken>(
            decision.Error is { } error ? new CiamTokenException(error) : Disposed());
    }

    private async ValueTask<CiamAccessToken> WaitAsync(
        TokenAcquisition acquisition,
        TimeSpan? patience,
        CancellationToken cancellationToken)
    {
        if (patience is { } limit)
        {
            await ((Task)acquisition.Completion).WaitAsync(limit, _timeProvider, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!acquisition.Completion.IsCompleted && !cancellationToken.IsCancellationRequested && Unexpired is { } current)
            {
                Count(LookupOutcome.LastResort);
                return current;
            }
        }

        Exception failure;
        try
        {
            // The caller may cancel its wait; the acquisition continues for the others.
            var result = await acquisition.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (result.TryGetToken(out var token, out var error))
            {
                Count(LookupOutcome.Waited);
                return token;
            }

            failure = new CiamTokenException(error);
        }
        catch (OperationCanceledException)
        {
            Count(LookupOutcome.Cancelled);
            throw;
        }
#pragma warning disable CA1031 // The acquisition ended with an exception, which counts as a failure. It is thrown below.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e is ObjectDisposedException ? Disposed() : e;
        }

        // A token in its margin is better than none.
        if (Unexpired is { } lastResort)
        {
            Count(LookupOutcome.LastResort);
            return lastResort;
        }

        Count(LookupOutcome.Failed);
        throw failure;
    }

    private TokenAcquisition Start(AcquisitionReason reason)
    {
        var acquisition = _acquisition = new TokenAcquisition(this, client, reason, _failures.HasError ? 1 : MaxAttempts);
        Completion = acquisition.Completion;
        acquisition.Start();
        return acquisition;
    }

    private RefreshSchedule Hold(CiamAccessToken token, ClockReading sentAt, ClockReading now)
    {
        var options = client.Options;
        var schedule = RefreshSchedule.For(
            token.Lifetime, options.RefreshBeforeExpiration, options.ExpirationMargin, client.Draw());
        var acquired = new HeldToken(token, sentAt, schedule, _timeProvider);
        _failures.Forget();
        if (acquired.IsUnexpired(now))
        {
            _held = acquired;
        }
        else
        {
            // It serves the callers that waited for it, and none after them.
            _failures.DelayBackgroundRefresh(now);
        }

        return schedule;
    }

    private void Drop(AcquisitionReason reason) => (_held, _reasonForNone) = (null, reason);

    private void Count(LookupOutcome outcome) => client.Metrics.LookedUp(client.Name, outcome);

    private static ObjectDisposedException Disposed() => new(nameof(ICiamTokenProvider));
}
