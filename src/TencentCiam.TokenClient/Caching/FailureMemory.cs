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

    /// <summary>Whether any acquisition has failed since the last token.</summary>
    public bool HasFailed => _refreshFailures > 0;

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

    public void Remember(CiamTokenError error, bool wasAwaited, ClockReading now)
    {
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

    /// <summary>After a token that had expired on arrival: while an older token is used, repeated requests would not help.</summary>
    public void DelayBackgroundRefresh(ClockReading now)
        => _noRefreshBefore = now.Plus(Backoff.BackgroundRefresh(0, draw(), retryAfter: null), timeProvider);

    public void Forget()
    {
        (_error, _errors, _hasFailedCallers, _errorUntil) = (null, 0, false, default);
        (_refreshFailures, _noRefreshBefore) = (0, default);
    }
}
