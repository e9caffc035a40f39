namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>What a slot may remember of the acquisitions that failed since the last token.</summary>
internal sealed class FailureMemoryModel
{
    private int _failures;
    private int _expiredOnArrival;
    private Pause.Running _refreshPause;
    private Failure? _remembered;
    private int _rememberedInARow;
    private Pause.Running _rememberedPause;

    public bool HasFailed => _failures > 0;

    /// <summary>Whether a failure is remembered that callers get, or have got.</summary>
    public bool IsRemembering => _remembered is not null;

    public bool IsRemembered(CiamTokenError error) => _remembered?.Is(error) == true;

    /// <summary>Whether a background refresh may start. Null when jitter leaves it open.</summary>
    public bool? AllowsRefresh(Instant now) => _refreshPause.IsOver(now);

    /// <summary>Whether an acquisition may start for a caller. Null when jitter leaves it open.</summary>
    public bool? AllowsAcquisition(Instant now) => _remembered is null ? true : _rememberedPause.IsOver(now);

    public void Remember(Failure failure, bool wasAwaited, Instant now)
    {
        var seconds = TimeSpan.FromSeconds(1);
        _refreshPause = Pause.After(failure.Error, seconds * (1 << Math.Min(_failures++, 4))).From(now);
        if (wasAwaited)
        {
            _rememberedInARow = _remembered?.IsTransient == failure.IsTransient ? _rememberedInARow + 1 : 0;
            var pause = failure.IsTransient
                ? _rememberedInARow == 0 ? 1 : 2
                : Math.Min(5 << Math.Min(_rememberedInARow, 4), 60);
            (_remembered, _rememberedPause) = (failure, Pause.After(failure.Error, seconds * pause).From(now));
        }
        else if (failure.Error?.RetryAfter is not null)
        {
            (_remembered, _rememberedPause) = (failure, Pause.After(failure.Error, TimeSpan.Zero).From(now));
        }
    }

    /// <summary>After a token that arrived expired: the pause doubles with each in a row.</summary>
    public void ForgetButDelayRefresh(Instant now)
    {
        var expired = _expiredOnArrival;
        Forget();
        _refreshPause = Pause.WithJitter(TimeSpan.FromSeconds(1 << Math.Min(expired, 4))).From(now);
        _expiredOnArrival = expired + 1;
    }

    public void Forget()
    {
        (_failures, _expiredOnArrival, _refreshPause) = (0, 0, default);
        (_remembered, _rememberedInARow, _rememberedPause) = (null, 0, default);
    }
}

/// <summary>An error, or none for the timeout of the acquisition, whose error only the library knows.</summary>
internal sealed class Failure(CiamTokenError? error)
{
    public CiamTokenError? Error { get; private set; } = error;

    public bool IsTransient => Error?.IsTransient ?? true;

    public bool Is(CiamTokenError error)
    {
        Error ??= error is CiamTokenError.EndpointUnavailable { Code: "timeout", RetryAfter: null, IsTransient: true } ? error : null;
        return ReferenceEquals(Error, error);
    }
}
