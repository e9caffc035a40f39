namespace TencentCiam.TokenClient.Caching;

/// <summary>What a slot remembers of the acquisitions that failed since the last token. Guarded by the slot's lock.</summary>
internal sealed class FailureMemory(TimeProvider timeProvider, Func<double> draw)
{
    // The failure of an acquisition that callers waited for. Until _errorUntil, other callers get it instead of a new acquisition.
    private CiamTokenError? _error;
    private int _errors;
    private bool _hasFailedCallers;
    private ClockReading _errorUntil;

    // The failures of all acquisitions. Until _noRefreshBefore, none starts in the background.
    private int _refreshFailures;
    private ClockReading _noRefreshBefore;
    private int _expiredOnArrival;
    private ClockReading _latestAt;

    /// <summary>Whether any acquisition has failed since the last token.</summary>
    public bool HasFailed => Latest is not null;

    /// <summary>The failure of the latest acquisition, if any has failed since the last token.</summary>
    public CiamTokenError? Latest { get; private set; }

    /// <summary>When the first acquisition since the last token failed.</summary>
    public ClockReading Since { get; private set; }

    /// <summary>Whether a failure is remembered that callers get now, or got before.</summary>
    public bool HasError => _error is not null;

    /// <summary>Whether callers have been given a failure since the last token.</summary>
    public bool HasFailedCallers => _hasFailedCallers;

    /// <summary>The failure that callers are given now; null when an acquisition may start for them.</summary>
    public CiamTokenError? Current(ClockReading now) => now.IsBefore(_errorUntil) ? _error : null;

    /// <summary>Callers are given the remembered failure. Returns true for the first of them since the last token.</summary>
    public bool FailCaller()
    {
        var isFirst = !_hasFailedCallers;
        _hasFailedCallers = true;
        return isFirst;
    }

    /// <summary>Whether an acquisition may start in the background.</summary>
    public bool AllowsBackgroundRefresh(ClockReading now) => !now.IsBefore(_noRefreshBefore);

    /// <summary>
    /// The time until an acquisition without a caller may start; not positive if one may. With nothing to serve, it also waits
    /// until callers are no longer given the remembered failure: a request would only be made earlier than theirs.
    /// </summary>
    public TimeSpan BackgroundPause(ClockReading now, bool hasTokenToServe)
    {
        var pause = now.Until(_noRefreshBefore, timeProvider);
        return hasTokenToServe || _error is null ? pause : TimeSpanMath.Max(pause, now.Until(_errorUntil, timeProvider));
    }

    /// <summary>Whether callers are given a failure now, or were within this time.</summary>
    public bool FailsCallersWithin(TimeSpan time, ClockReading now)
        => Current(now) is not null || (_hasFailedCallers && now.IsBefore(_latestAt.Plus(time, timeProvider)));

    public void Remember(CiamTokenError error, bool wasAwaited, ClockReading now)
    {
        Since = HasFailed ? Since : now;
        (Latest, _latestAt) = (error, now);
        _noRefreshBefore = now.Plus(Backoff.BackgroundRefresh(_refreshFailures++, draw(), error.RetryAfter), timeProvider);

        if (wasAwaited)
        {
            _errors = _error?.IsTransient == error.IsTransient ? _errors + 1 : 0;
            _error = error;
            _hasFailedCallers = true;
            _errorUntil = now.Plus(Backoff.Remembered(error, _errors, draw()), timeProvider);
        }
        else if (Backoff.FromRetryAfter(error.RetryAfter) is { } wait)
        {
            // No caller has been given this failure yet, but the portal's Retry-After applies to the next one.
            _error = error;
            _errorUntil = now.Plus(wait, timeProvider);
        }
    }

    /// <summary>After a token that had expired on arrival: repeated background requests would not help.</summary>
    public void ForgetButDelayBackgroundRefresh(ClockReading now)
    {
        var expired = _expiredOnArrival;
        Forget();
        _noRefreshBefore = now.Plus(Backoff.BackgroundRefresh(expired, draw(), retryAfter: null), timeProvider);
        _expiredOnArrival = expired + 1;
    }

    public void Forget()
    {
        (_error, _errors, _hasFailedCallers, _errorUntil) = (null, 0, false, default);
        (_refreshFailures, _noRefreshBefore, _expiredOnArrival) = (0, default, 0);
        (Latest, Since, _latestAt) = (null, default, default);
    }
}
