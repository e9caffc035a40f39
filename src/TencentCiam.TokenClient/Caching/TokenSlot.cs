using System.Diagnostics.CodeAnalysis;
using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.Caching;

/// <summary>
/// One cached token, and what a caller gets now. That depends on the phase of the token:
/// <list type="bullet">
/// <item>fresh: it is returned, without a lock;</item>
/// <item>refresh window: it is returned, and an acquisition starts in the background unless one has just failed;</item>
/// <item>margin, rejected by a resource, expired or none: the caller joins the acquisition, or starts one. While a failure is
/// remembered, or after the client was disposed, no acquisition starts: a token that has not expired is returned as a last
/// resort, otherwise the failure is thrown at once.</item>
/// </list>
/// At most one acquisition runs. It ends with a token, which replaces the current one and clears all remembered failures,
/// or with a failure, which leaves the token as it was.
/// </summary>
/// <param name="scope">
/// The scopes that it requests; empty for none, which leaves the choice to the portal, or for those that the store says.
/// </param>
/// <param name="client">What the slots of one client share.</param>
/// <param name="provider">The client's provider, which has the slot until it is dropped.</param>
internal sealed partial class TokenSlot(string scope, ClientContext client, CiamTokenProvider provider)
{
    private const int MaxAttempts = 3;

    // With this much left or less, the old token could expire before the call reaches its API: waiting is better.
    private static readonly TimeSpan MinRemainingForMaxWait = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _timeProvider = client.TimeProvider;

    // The clock is read before this lock is taken, and before those of the provider and of the eviction: reading a
    // FakeTimeProvider may run timers on the same thread, which would run within the lock and wait for others.
    private readonly object _gate = new();

    // Replaced as a whole, under the lock; read without it by callers that find it fresh.
    private volatile HeldToken? _held;

    // The rest is guarded by the lock.
    private readonly FailureMemory _failures = new(client.TimeProvider, client.Draw);
    private TokenAcquisition? _acquisition;

    // How many tokens in a row were rejected by a resource.
    private int _rejections;
    private bool _isClosed;
    private TokenAcquisition? _latestAcquisition;

    /// <summary>The scopes that it requests; empty for none, or for those that the store says.</summary>
    public string Scope => scope;

    /// <summary>Null without an unexpired token.</summary>
    public TimeSpan? RemainingLifetime => _held?.RemainingAt(ClockReading.Now(_timeProvider), _timeProvider);

    /// <summary>The current token, in whatever phase; null if there is none.</summary>
    public HeldToken? Held => _held;

    /// <summary>The acquisition that was started last; null if there was none, or if it ended some time ago.</summary>
    internal TokenAcquisition? LatestAcquisition => _latestAcquisition;

    /// <summary>The current token while it has not expired, rejected or not: the last resort.</summary>
    public CiamAccessToken? Unexpired => _held is { } held && held.IsUnexpired(ClockReading.Now(_timeProvider)) ? held.Token : null;

    public ValueTask<CiamAccessToken> GetTokenAsync(CancellationToken cancellationToken)
    {
        if (TryGetFresh() is { } token)
        {
            return new(token);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<CiamAccessToken>(cancellationToken);
        }

        var decision = Decide(isSynchronous: false);
        if (decision.IsClosed)
        {
            return provider.GetTokenAsync(scope, cancellationToken);
        }

        decision.Start?.Start();
        return decision.Acquisition is { } acquisition
            ? new AcquisitionWait(this, client, acquisition, decision.MaxWait).WaitAsync(cancellationToken)
            : TryConclude(decision, out var concluded, out var failure) ? new(concluded)
            : ValueTask.FromException<CiamAccessToken>(failure);
    }

    /// <summary>
    /// The same for a synchronous caller. It waits, and an acquisition that it starts runs, without the thread pool: callers
    /// that block may occupy all of its threads.
    /// </summary>
    public CiamAccessToken GetToken(CancellationToken cancellationToken)
    {
        if (TryGetFresh() is { } token)
        {
            return token;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var decision = Decide(isSynchronous: !provider.LooksUpOptions);
        if (decision.IsClosed)
        {
            return provider.GetToken(scope, cancellationToken);
        }

        decision.Start?.Start();
        return decision.Acquisition is { } acquisition
            ? new AcquisitionWait(this, client, acquisition, decision.MaxWait).Wait(cancellationToken)
            : TryConclude(decision, out var concluded, out var failure) ? concluded
            : throw failure;
    }

    /// <summary>
    /// A resource has rejected the token. If it is the current one, it is kept only as a last resort, because that resource may
    /// be the only one that rejects it.
    /// </summary>
    public void Invalidate(CiamAccessToken token)
    {
        var now = ClockReading.Now(_timeProvider);
        lock (_gate)
        {
            if (_held is { IsRejected: false } held && ReferenceEquals(held.Token, token) && held.IsReplaceable(now))
            {
                _held = held.Reject();
                _rejections++;
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
                (_held, _rejections) = (null, 0);
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
        ClockReading deadline,
        RefreshSchedule? adoptedSchedule)
    {
        var now = ClockReading.Now(_timeProvider);
        lock (_gate)
        {
            var hadFailed = acquisition.IsAwaited && result is CiamTokenResult.Failure
                ? _failures.HasFailedCallers
                : _failures.HasFailed;
            if (acquisition.PauseAfter(attempt, result, options, now, deadline) is { } pause)
            {
                return new AttemptOutcome(pause, Schedule: null, hadFailed, acquisition.IsAwaited);
            }

            _acquisition = null;
            if (result.TryGetToken(out var token, out var error))
            {
                return new AttemptOutcome(Pause: null, Hold(acquisition, token, sentAt, now, adoptedSchedule), hadFailed, acquisition.IsAwaited);
            }

            _failures.Remember(error, acquisition.IsAwaited, now);
            return new AttemptOutcome(Pause: null, Schedule: null, hadFailed, acquisition.IsAwaited);
        }
    }

    /// <summary>Removes an acquisition that ended with an exception, so that the next caller can start another one.</summary>
    public void Remove(TokenAcquisition acquisition)
    {
        lock (_gate)
        {
            _acquisition = ReferenceEquals(_acquisition, acquisition) ? null : _acquisition;
        }
    }

    private CiamAccessToken? TryGetFresh()
    {
        if (!_isUsed)
        {
            _isUsed = true;
        }

        var held = _held;
        if (held is null || !held.IsFreshNow(_timeProvider))
        {
            return null;
        }

        Count(LookupOutcome.Hit);
        return held.Token;
    }

    private CallerDecision Decide(bool isSynchronous)
    {
        var now = ClockReading.Now(_timeProvider);
        lock (_gate)
        {
            if (_isClosed)
            {
                return CallerDecision.Closed;
            }

            var held = _held;
            var isStopping = client.Stopping.IsCancellationRequested;
            if (held is not null && held.IsAttachable(now))
            {
                var refreshes = !isStopping
                    && _acquisition is null
                    && !held.IsFresh(now)
                    && _failures.AllowsBackgroundRefresh(now);
                return CallerDecision.Use(
                    held.Token, LookupOutcome.Hit, refreshes ? Create(AcquisitionReason.Refresh, isSynchronous) : null);
            }

            var reason = ReasonAt(now);
            var error = !isStopping && _acquisition is null ? _failures.Current(now) : null;
            if (!isStopping && error is null)
            {
                var started = _acquisition is null ? Create(reason, isSynchronous) : null;
                var acquisition = _acquisition!;
                acquisition.Await();

                // A portal that does not respond must not use up an unexpired token: half of what remains is left for the call.
                var remaining = held?.RemainingAt(now, _timeProvider);
                return CallerDecision.Wait(
                    acquisition, remaining > MinRemainingForMaxWait ? remaining / 2 : null, started);
            }

            return held is not null && held.IsUnexpired(now)
                ? CallerDecision.Use(held.Token, LookupOutcome.LastResort)
                : CallerDecision.Fail(error, isFirstToFail: error is not null && _failures.FailCaller(), reason);
        }
    }

    private AcquisitionReason ReasonAt(ClockReading now)
        => _held is not { } held ? AcquisitionReason.Cold
            : held.IsRejected ? AcquisitionReason.Unauthorized
            : held.IsAttachable(now) ? AcquisitionReason.Refresh
            : AcquisitionReason.Expired;

    private TokenAcquisition Create(AcquisitionReason reason, bool isSynchronous)
    {
        _hasBegun = true;
        return _latestAcquisition = _acquisition =
            new TokenAcquisition(this, client, provider, reason, _failures.HasError ? 1 : MaxAttempts, isSynchronous);
    }

    private bool TryConclude(
        CallerDecision decision,
        [NotNullWhen(true)] out CiamAccessToken? token,
        [NotNullWhen(false)] out Exception? failure)
    {
        token = decision.Token;
        if (token is not null)
        {
            Count(decision.Outcome);
            failure = null;
            return true;
        }

        Count(LookupOutcome.Failed);
        if (decision.IsFirstToFail)
        {
            AcquisitionLog.CallersFail(client, scope, decision.Reason, decision.Error!);
        }

        failure = decision.Error is { } error
            ? new CiamTokenException(error)
            : new ObjectDisposedException(nameof(ICiamTokenProvider));
        return false;
    }

    private RefreshSchedule Hold(
        TokenAcquisition acquisition,
        CiamAccessToken token,
        ClockReading sentAt,
        ClockReading now,
        RefreshSchedule? adoptedSchedule)
    {
        var options = client.Options;
        var schedule = adoptedSchedule ?? RefreshSchedule.For(
            token.Lifetime, options.RefreshBeforeExpiration, options.ExpirationMargin, client.Draw());

        // A token that was rejected by nobody until it was replaced, or that had expired by then, ends the series.
        var rejections = _held is { IsRejected: true } rejected && rejected.IsUnexpired(now) ? _rejections : 0;
        var acquired = new HeldToken(
            token, sentAt, schedule, Backoff.KeepReplacement(token.Lifetime, rejections), _timeProvider);
        _needsFirstToken = false;
        if (acquired.IsUnexpired(now))
        {
            _failures.Forget();
            (_held, _rejections) = (acquired, rejections);
            acquisition.Acquired = acquired;
        }
        else
        {
            // Only the callers that waited for it get it.
            _failures.ForgetButDelayBackgroundRefresh(now);
        }

        return schedule;
    }

    private void Count(LookupOutcome outcome) => client.Metrics.LookedUp(client.NameInMetrics, outcome);
}
