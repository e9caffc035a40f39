namespace TencentCiam.TokenClient.Caching;

/// <summary>What a slot remembers of the flights that failed since the last token. Guarded by the slot's lock.</summary>
internal sealed class FailureMemory(TimeProvider timeProvider, Func<double> draw)
{
    // Met by callers who waited for it: until then others are given it too, instead of a flight.
    private CiamTokenError? _error;
    private int _errors;
    private bool _errorMet;
    private Moment _errorUntil;

    // Met by any flight: until then none follows in the background.
    private int _aheadFailures;
    private Moment _aheadNotBefore;

    /// <summary>Whether any flight has failed since the last token.</summary>
    public bool HasFailed => _aheadFailures > 0;

    /// <summary>Whether a failure is remembered that callers are given, or have been.</summary>
    public bool HasError => _error is not null;

    /// <summary>Whether callers have met a failure since the last token.</summary>
    public bool HasFailedCallers => _errorMet;

    /// <summary>The failure that callers are given now; null when a flight may start for them.</summary>
    public CiamTokenError? Current(Moment now) => now.IsBefore(_errorUntil) ? _error : null;

    /// <summary>Callers meet the remembered failure. True when they are the first to meet any since the last token.</summary>
    public bool MeetFirst()
    {
        var isFirst = !_errorMet;
        _errorMet = true;
        return isFirst;
    }

    /// <summary>Whether a flight may start in the background.</summary>
    public bool AllowsAhead(Moment now) => !now.IsBefore(_aheadNotBefore);

    public void Remember(CiamTokenError error, bool wasAwaited, Moment now)
    {
        _aheadNotBefore = now.Plus(Backoff.RefreshAhead(_aheadFailures++, draw(), error.RetryAfter), timeProvider);

        if (wasAwaited)
        {
            _errors = _error?.IsTransient == error.IsTransient ? _errors + 1 : 0;
            _error = error;
            _errorMet = true;
            _errorUntil = now.Plus(Backoff.Remembered(error, _errors, draw()), timeProvider);
        }
        else if (Backoff.Obey(error.RetryAfter) is { } wait)
        {
            // Nobody has met this failure yet, but the portal's wish binds whoever comes.
            _error = error;
            _errorUntil = now.Plus(wait, timeProvider);
        }
    }

    /// <summary>After a token that was dead on arrival: while an older one serves, asking on and on would help nobody.</summary>
    public void PaceAhead(Moment now)
        => _aheadNotBefore = now.Plus(Backoff.RefreshAhead(0, draw(), retryAfter: null), timeProvider);

    public void Forget()
    {
        (_error, _errors, _errorMet, _errorUntil) = (null, 0, false, default);
        (_aheadFailures, _aheadNotBefore) = (0, default);
    }
}
