namespace TencentCiam.TokenClient.Caching;

/// <summary>What a slot remembers of the acquisitions that failed since the last token. Guarded by the slot's lock.</summary>
internal sealed class FailureMemory(TimeProvider timeProvider, Func<double> draw)
{
    // Met by callers who waited for it: until then others are given it too, instead of a acquisition.
    private CiamTokenError? _error;
    private int _errors;
    private bool _errorMet;
    private ClockReading _errorUntil;

    // Met by any acquisition: until then none follows in the background.
    private int _refreshFailures;
    private ClockReading _noRefreshBefore;

    /// <summary>Whether any acquisition has failed since the last token.</summary>
    public bool HasFailed => _refreshFailures > 0;

    /// <summary>Whether a failure is remembered that callers are given, or have been.</summary>
    public bool HasError => _error is not null;

    /// <summary>Whether callers have met a failure since the last token.</summary>
    public bool HasFailedCallers => _errorMet;

    /// <summary>The failure that callers are given now; null when a acquisition may start for them.</summary>
    public CiamTokenError? Current(ClockReading now) => now.IsBefore(_errorUntil) ? _error : null;

    /// <summary>Callers meet the remembered failure. True when they are the first to meet any since the last token.</summary>
    public bool MeetFirst()
    {
        var isFirst = !_errorMet;
        _errorMet = true;
        return isFirst;
    }

    /// <summary>Whether a acquisition may start in the background.</summary>
    public bool AllowsBackgroundRefresh(ClockReading now) => !now.IsBefore(_noRefreshBefore);

    public void Remember(CiamTokenError error, bool wasAwaited, ClockReading now)
    {
        _noRefreshBefore = now.Plus(Backoff.BackgroundRefresh(_refreshFailures++, draw(), error.RetryAfter), timeProvider);

        if (wasAwaited)
        {
            _errors = _error?.IsTransient == error.IsTransient ? _errors + 1 : 0;
            _error = error;
            _errorMet = true;
            _errorUntil = now.Plus(Backoff.Remembered(error, _errors, draw()), timeProvider);
        }
        else if (Backoff.FromRetryAfter(error.RetryAfter) is { } wait)
        {
            // Nobody has met this failure yet, but the portal's wish binds whoever comes.
            _error = error;
            _errorUntil = now.Plus(wait, timeProvider);
        }
    }

    /// <summary>After a token that was dead on arrival: while an older one serves, asking on and on would help nobody.</summary>
    public void DelayBackgroundRefresh(ClockReading now)
        => _noRefreshBefore = now.Plus(Backoff.BackgroundRefresh(0, draw(), retryAfter: null), timeProvider);

    public void Forget()
    {
        (_error, _errors, _errorMet, _errorUntil) = (null, 0, false, default);
        (_refreshFailures, _noRefreshBefore) = (0, default);
    }
}
