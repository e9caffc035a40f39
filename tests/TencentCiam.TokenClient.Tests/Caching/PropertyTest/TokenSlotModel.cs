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

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>A moment on the clock that only time moves, and on the one on the wall.</summary>
    internal readonly record struct Instant(TimeSpan Steady, TimeSpan Wall)
    {
        /// <summary>By the clock that says more: nothing is good, and nobody is kept off, for longer than either says.</summary>
        public TimeSpan Since(Instant earlier) => Max(Steady - earlier.Steady, Wall - earlier.Wall);
    }

    /// <summary>How long to wait: jitter leaves it open between the two.</summary>
    internal readonly record struct Pause(TimeSpan AtLeast, TimeSpan AtMost)
    {
        public static Pause Lengthened(TimeSpan wait) => new(wait, wait * 1.25);

        /// <summary>Retry-After wins, up to an hour.</summary>
        public static Pause After(CiamTokenError? error, TimeSpan otherwise)
            => error?.RetryAfter is { } wait ? Exactly(Min(wait, TimeSpan.FromHours(1))) : Lengthened(otherwise);

        private static Pause Exactly(TimeSpan wait) => new(wait, wait);
    }

    /// <summary>A pause from a moment on.</summary>
    internal readonly record struct Since(Instant From, Pause Pause)
    {
        /// <summary>Null: perhaps.</summary>
        public bool? IsOver(Instant now) => IsOver(now.Since(From));

        /// <summary>By the clock that timers run on. Null: perhaps.</summary>
        public bool? IsOverForTimers(Instant now) => IsOver(now.Steady - From.Steady);

        private bool? IsOver(TimeSpan passed) => passed < Pause.AtLeast ? false : passed >= Pause.AtMost ? true : null;
    }

    internal enum Phase
    {
        Fresh,
        Window,
        Margin,
        Dead,
    }

    /// <summary>A request at the portal. Each is one of its own, so this is no record.</summary>
    internal sealed class Request(CiamClientCredentialsOptions options, string scope, Instant sentAt)
    {
        public CiamClientCredentialsOptions Options => options;

        public string Scope => scope;

        public Instant SentAt => sentAt;
    }

    /// <summary>A token that the portal gave.</summary>
    internal sealed record Grant(CiamAccessToken Token, Request Request)
    {
        public Instant SentAt => Request.SentAt;

        public Phase PhaseAt(Instant now, double draw)
        {
            var age = now.Since(SentAt);
            return age < StartOf(Phase.Window, draw) ? Phase.Fresh
                : age < StartOf(Phase.Margin, draw) ? Phase.Window
                : age < StartOf(Phase.Dead, draw) ? Phase.Margin
                : Phase.Dead;
        }

        /// <summary>The age at which the phase begins.</summary>
        public TimeSpan StartOf(Phase phase, double draw)
        {
            var life = Token.Lifetime;
            var jitter = -Math.Log(1 - draw) * (life / 60);
            var margin = Min(Min(Max(life * 0.05, TimeSpan.FromSeconds(1)), TimeSpan.FromSeconds(15)), life / 10);
            return phase switch
            {
                Phase.Window => Max(life - (life / 5) - jitter, life / 2),
                Phase.Margin => life - margin,
                _ => life,
            };
        }
    }

    /// <summary>What went wrong; without an error it is that of the library itself when the acquisition's time was up.</summary>
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

    internal sealed class Acquisition(Instant tookOffAt, int maxAttempts)
    {
        public Instant TookOffAt { get; } = tookOffAt;

        public int MaxAttempts { get; } = maxAttempts;

        public int Attempts { get; set; } = 1;

        public bool IsAwaited { get; set; }

        public Request? Request { get; set; }

        /// <summary>What is said when time is up: what the portal said to other credentials counts no more.</summary>
        public Failure? LastError { get; set; }

        public CiamClientCredentialsOptions? LastErrorFor { get; set; }

        public Since Pause { get; set; }
    }

    /// <summary>How a request ended, and what may follow.</summary>
    private sealed record Ending(
        Request Request, CiamAccessToken? Token, Failure? Failure, bool MayComplete, bool MayAskAgain = false, Pause? Pause = null);

    /// <summary>What those get who waited: the token, else the error, else that the provider was disposed.</summary>
    internal sealed record Completion(CiamAccessToken? Token, Failure? Failure, bool IsNew);

    /// <summary>What a caller may meet. Waits null: that, or the others.</summary>
    internal readonly record struct Expectation(bool? Waits, bool MayServe, bool MayRefuse);
}
