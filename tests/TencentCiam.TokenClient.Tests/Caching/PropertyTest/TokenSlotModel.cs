namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>
/// What one slot may do, written from section 5 of the design and not from the code: where the design leaves room, as for
/// jitter, so does the model. Whoever drives it tells what happened; it throws when that was not allowed.
/// </summary>
internal sealed class TokenSlotModel(double draw, TimeSpan acquisitionTimeout, Action<string> met)
{
    private CiamClientCredentialsOptions _options = new();
    private bool? _flightIsDue = false;
    private bool _callersJoin;
    private Ending? _ending;

    // What failed since the last token.
    private int _failures;
    private Since _aheadPause;
    private Failure? _remembered;
    private int _rememberedInARow;
    private Since _rememberedPause;

    public bool IsDisposed { get; private set; }

    public Grant? Held { get; private set; }

    public Acquisition? UnderWay { get; private set; }

    /// <summary>What those who waited have got from the acquisition that ended last.</summary>
    public Completion? Landed { get; private set; }

    public static void Require(bool holds, string invariant)
    {
        if (!holds)
        {
            throw new InvalidOperationException("Broken: " + invariant);
        }
    }

    /// <summary>What a caller may meet now. One who has walked away already starts nothing.</summary>
    public Expectation Expect(Instant now, bool isGone)
    {
        var expected = Expect(now);
        _flightIsDue = isGone ? false : _flightIsDue;
        return expected;
    }

    private Expectation Expect(Instant now)
    {
        var phase = Held?.PhaseAt(now, draw) ?? Phase.Dead;
        if (IsDisposed)
        {
            return new(Waits: false, MayServe: phase < Phase.Dead, MayRefuse: phase == Phase.Dead);
        }

        if (phase < Phase.Margin)
        {
            met(phase == Phase.Fresh ? "served fresh" : "served in the window");
            _flightIsDue = phase == Phase.Window && UnderWay is null ? _aheadPause.IsOver(now) : false;
            return new(Waits: false, MayServe: true, MayRefuse: false);
        }

        if (UnderWay is not null)
        {
            met("joined");
            return new(Waits: true, MayServe: false, MayRefuse: false);
        }

        _flightIsDue = _remembered is null ? true : _rememberedPause.IsOver(now);
        met(_flightIsDue != false ? "took off for a caller" : phase == Phase.Margin ? "last resort at once" : "refused at once");
        return new(_flightIsDue, MayServe: phase == Phase.Margin, MayRefuse: phase == Phase.Dead);
    }

    public bool IsRemembered(CiamTokenError error) => _remembered?.Is(error) == true;

    /// <summary>Somebody waits.</summary>
    public void Join()
    {
        _callersJoin = true;
        UnderWay?.IsAwaited = true;
    }

    public void Invalidate(CiamAccessToken token, Instant now)
    {
        if (Held is { } held && held.Token == token
            && now.Since(held.SentAt) >= Min(TimeSpan.FromSeconds(10), token.Lifetime / 10))
        {
            met("invalidated");
            Held = null;
        }
    }

    public void Change(CiamClientCredentialsOptions options)
    {
        var old = _options;
        _options = options;
        if (old.ClientId != options.ClientId)
        {
            Held = null;
        }

        if (HasOtherCredentials(old))
        {
            ForgetFailures();
        }
    }

    public void Dispose() => IsDisposed = true;

    /// <summary>A request has reached the portal.</summary>
    public void Start(Request request)
    {
        Require(!IsDisposed, "no request after disposal");
        Require(request.Options == _options, "a request is sent with the options in force");
        var now = request.SentAt;
        if (UnderWay is not { } acquisition)
        {
            Require(
                _flightIsDue != false,
                "a request only for a caller who needs one, and not before the pause after a failure is over");
            met(_remembered is null ? _failures == 0 ? "first acquisition" : "acquisition after a failure ahead" : "probe");
            UnderWay = new Acquisition(now, _remembered is null ? 3 : 1) { IsAwaited = _callersJoin, Request = request };
            return;
        }

        if (_ending is { } ending)
        {
            Require(
                ending.MayAskAgain,
                "never two acquisitions for one slot, nor a second request at once unless the options have changed under the first");
            met("asked again with other options");
            _ending = null;
        }
        else
        {
            Require(
                acquisition.Pause.IsOverForTimers(now) != false,
                "the pause between two attempts is no shorter than it should be");
            met("next attempt");
        }

        acquisition.Attempts++;
        acquisition.Request = request;
        acquisition.LastError = HasOtherCredentials(acquisition.LastErrorFor) ? null : acquisition.LastError;
    }

    /// <summary>A request has ended, with an answer or its time-out; null: it was cancelled.</summary>
    public void End(Request request, CiamTokenResult? result, Instant now)
    {
        var acquisition = UnderWay!;
        acquisition.Request = null;
        if (result is null)
        {
            Require(
                IsDisposed || now.Steady - acquisition.TookOffAt.Steady >= acquisitionTimeout,
                "a request is cancelled by AcquisitionTimeout or disposal, by no caller");
            met("acquisition timed out");
            var lastError = HasOtherCredentials(request.Options) ? null : acquisition.LastError;
            _ending = new Ending(request, null, lastError ?? new Failure(null), MayComplete: true);
            return;
        }

        if (result.TryGetToken(out var token, out var error))
        {
            var isForOthers = request.Options.ClientId != _options.ClientId;
            acquisition.LastError = null;
            _ending = new Ending(request, token, null, MayComplete: !isForOthers, MayAskAgain: isForOthers);
            return;
        }

        if (HasOtherCredentials(request.Options))
        {
            _ending = new Ending(request, null, null, MayComplete: false, MayAskAgain: true);
            return;
        }

        (acquisition.LastError, acquisition.LastErrorFor) = (new Failure(error), request.Options);

        // Where the end of the acquisition falls into what jitter leaves open, either may follow.
        var left = acquisitionTimeout - now.Since(acquisition.TookOffAt);
        var pause = Pause.After(error, TimeSpan.FromSeconds(acquisition.Attempts == 1 ? 0.2 : 0.4));
        var isRetried = error.IsTransient && acquisition.IsAwaited && acquisition.Attempts < acquisition.MaxAttempts;
        _ending = new Ending(
            request,
            null,
            acquisition.LastError,
            MayComplete: !isRetried || pause.AtMost >= left,
            Pause: isRetried && pause.AtLeast < left ? pause : null);
    }

    /// <summary>Nothing moves any more until somebody does something or time goes by.</summary>
    public void Settle(bool isUnderWay, Instant now)
    {
        Landed = null;
        if (_ending is { } ending)
        {
            if (isUnderWay)
            {
                Require(ending.Pause is not null, "a acquisition ends with a token, a permanent failure, its third attempt or its only one");
                UnderWay!.Pause = new Since(now, ending.Pause!.Value);
            }
            else
            {
                Require(
                    ending.MayComplete,
                    ending.MayAskAgain
                        ? "what was asked with other options does not count"
                        : "a transient failure is met by three attempts while somebody waits, unless it was met before");
                Complete(ending, UnderWay!, now);
            }
        }
        else if (IsDisposed && UnderWay is not null && !isUnderWay)
        {
            (Landed, UnderWay) = (Abandoned(now), null);
        }

        Require(isUnderWay == UnderWay is not null, "a acquisition is under way exactly from its first request to its end");
        Require(_flightIsDue != true || UnderWay is not null, "a acquisition takes off for whoever needs one");
        Require(
            UnderWay is null || now.Steady - UnderWay.TookOffAt.Steady < acquisitionTimeout, "a acquisition ends by AcquisitionTimeout");
        Require(
            UnderWay?.Request is not null || UnderWay?.Pause.IsOverForTimers(now) != true,
            "the pause between two attempts is no longer than it should be");
        (_ending, _flightIsDue, _callersJoin) = (null, false, false);
    }

    private void Complete(Ending ending, Acquisition acquisition, Instant now)
    {
        UnderWay = null;
        if (IsDisposed)
        {
            Landed = Abandoned(now);
        }
        else if (ending.Token is { } token)
        {
            ForgetFailures();
            var grant = new Grant(token, ending.Request);
            if (now.Since(grant.SentAt) < token.Lifetime)
            {
                Held = grant;
            }
            else
            {
                met("dead on arrival");
                _aheadPause = new Since(now, Pause.Lengthened(TimeSpan.FromSeconds(1)));
            }

            Landed = new Completion(token, null, IsNew: true);
        }
        else
        {
            var living = LivingAt(now);
            met(!acquisition.IsAwaited ? "failed ahead" : living is not null ? "last resort after a acquisition" : "failed its callers");
            Remember(ending.Failure!, acquisition.IsAwaited, now);
            Landed = new Completion(living, ending.Failure, IsNew: false);
        }
    }

    /// <summary>The client was disposed under the acquisition: whatever it brought, the old token serves while it lives.</summary>
    private Completion Abandoned(Instant now)
    {
        var living = LivingAt(now);
        met(living is not null ? "last resort after disposal" : "told of disposal");
        return new Completion(living, null, IsNew: false);
    }

    /// <summary>
    /// When one who waits from now on is given the old token although the acquisition has not ended: after half of what that has
    /// left (timers count whole milliseconds), unless it is so little that a call might come too late.
    /// </summary>
    public TimeSpan? PatienceEnds(Instant now)
        => LivingAt(now) is { } living && living.Lifetime - (now.Steady - Held!.SentAt.Steady) is var left
            && left > TimeSpan.FromSeconds(2)
                ? now.Steady + TimeSpan.FromMilliseconds(Math.Floor(left.TotalMilliseconds / 2))
                : null;

    public CiamAccessToken? LivingAt(Instant now) => Held?.PhaseAt(now, draw) < Phase.Dead ? Held!.Token : null;

    private void Remember(Failure failure, bool wasAwaited, Instant now)
    {
        var seconds = TimeSpan.FromSeconds(1);
        _aheadPause = new Since(now, Pause.After(failure.Error, seconds * (1 << Math.Min(_failures++, 4))));
        if (wasAwaited)
        {
            _rememberedInARow = _remembered?.IsTransient == failure.IsTransient ? _rememberedInARow + 1 : 0;
            var pause = failure.IsTransient
                ? _rememberedInARow == 0 ? 1 : 2
                : Math.Min(5 << Math.Min(_rememberedInARow, 4), 60);
            (_remembered, _rememberedPause) = (failure, new Since(now, Pause.After(failure.Error, seconds * pause)));
        }
        else if (failure.Error?.RetryAfter is not null)
        {
            (_remembered, _rememberedPause) = (failure, new Since(now, Pause.After(failure.Error, TimeSpan.Zero)));
        }
    }

    private void ForgetFailures()
        => (_failures, _aheadPause, _remembered, _rememberedInARow, _rememberedPause) = (0, default, null, 0, default);

    private bool HasOtherCredentials(CiamClientCredentialsOptions? options)
        => options?.ClientId != _options.ClientId || options?.ClientSecret != _options.ClientSecret;

    internal static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    internal static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
