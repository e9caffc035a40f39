using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.Invariant;

namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>
/// What one slot may do, written from the specified behaviour and not from the code: where that leaves room, as for jitter,
/// so does the model. The run reports what happened; the model throws if that was not allowed.
/// </summary>
internal sealed class TokenSlotModel(double draw, TimeSpan acquisitionTimeout, Action<string> met)
{
    private readonly FailureMemoryModel _failures = new();
    private CiamClientCredentialsOptions _options = new();
    private bool? _acquisitionIsDue = false;
    private bool _callersJoin;
    private Ending? _ending;

    // Of the token that is held: whether an API has rejected it, and until which age a rejection has no effect.
    private bool _isRejected;
    private TimeSpan _keptFor;
    private int _rejectionsInARow;

    public bool IsDisposed { get; private set; }

    public Grant? Held { get; private set; }

    /// <summary>The acquisition in progress.</summary>
    public Acquisition? Running { get; private set; }

    /// <summary>What waiting callers got from the acquisition that ended last.</summary>
    public Completion? Completed { get; private set; }

    /// <summary>What a caller may experience now. A caller that is already cancelled starts nothing.</summary>
    public Expectation Expect(Instant now, bool isCancelled)
    {
        var expected = Expect(now);
        _acquisitionIsDue = isCancelled ? false : _acquisitionIsDue;
        return expected;
    }

    public bool IsRemembered(CiamTokenError error) => _failures.IsRemembered(error);

    /// <summary>A caller waits.</summary>
    public void Join()
    {
        _callersJoin = true;
        Running?.IsAwaited = true;
    }

    public void Invalidate(CiamAccessToken token, Instant now)
    {
        if (Held is not { } held || held.Token != token || _isRejected)
        {
            return;
        }

        // Any token, but one that replaced a rejected one only after a while, which doubles.
        if (now.Since(held.SentAt) < _keptFor)
        {
            met("rejected, but kept");
            return;
        }

        met("rejected");
        _isRejected = true;
        _rejectionsInARow++;
    }

    public void Change(CiamClientCredentialsOptions options)
    {
        var old = _options;
        _options = options;
        if (old.ClientId != options.ClientId)
        {
            (Held, _isRejected, _rejectionsInARow) = (null, false, 0);
        }

        if (HasOtherCredentials(old))
        {
            _failures.Forget();
        }
    }

    public void Dispose() => IsDisposed = true;

    /// <summary>A request has reached the portal.</summary>
    public void Start(Request request)
    {
        Require(!IsDisposed, "no request is sent after disposal");
        Require(request.Options == _options, "a request is sent with the options in effect");
        var now = request.SentAt;
        if (Running is not { } acquisition)
        {
            Require(
                _acquisitionIsDue != false,
                "a request is sent only for a caller that needs one, and not before the pause after a failure has ended");
            met(_failures.IsRemembering ? "probe" : _failures.HasFailed ? "acquisition after a failed refresh" : "first acquisition");
            Running = new Acquisition(now, _failures.IsRemembering ? 1 : 3) { IsAwaited = _callersJoin, Request = request };
            return;
        }

        if (_ending is { } ending)
        {
            Require(
                ending.MayRequestAgain,
                "a slot never runs two acquisitions, nor requests again at once unless the options changed during the request");
            met("requested again with other options");
            _ending = null;
        }
        else
        {
            Require(
                acquisition.Pause.IsOverForTimers(now) != false,
                "the pause between two attempts is not shorter than specified");
            met("next attempt");
        }

        acquisition.Attempts++;
        acquisition.Request = request;
        acquisition.LastError = HasOtherCredentials(acquisition.LastErrorFor) ? null : acquisition.LastError;
    }

    /// <summary>A request has ended with a response or its timeout; null means that it was cancelled.</summary>
    public void End(Request request, CiamTokenResult? result, Instant now)
    {
        var acquisition = Running!;
        acquisition.Request = null;
        if (result is null)
        {
            Require(
                IsDisposed || now.Monotonic - acquisition.StartedAt.Monotonic >= acquisitionTimeout,
                "a request is cancelled by AcquisitionTimeout or disposal, not by a caller");
            met("acquisition timed out");
            var lastError = HasOtherCredentials(request.Options) ? null : acquisition.LastError;
            _ending = new Ending(request, null, lastError ?? new Failure(null), MayComplete: true);
            return;
        }

        if (result.TryGetToken(out var token, out var error))
        {
            var isForOthers = request.Options.ClientId != _options.ClientId;
            acquisition.LastError = null;
            _ending = new Ending(request, token, null, MayComplete: !isForOthers, MayRequestAgain: isForOthers);
            return;
        }

        if (HasOtherCredentials(request.Options))
        {
            _ending = new Ending(request, null, null, MayComplete: false, MayRequestAgain: true);
            return;
        }

        (acquisition.LastError, acquisition.LastErrorFor) = (new Failure(error), request.Options);

        // Where jitter leaves open whether the pause ends before the acquisition, either may follow.
        var left = acquisitionTimeout - now.Since(acquisition.StartedAt);
        var pause = Pause.After(error, TimeSpan.FromSeconds(acquisition.Attempts == 1 ? 0.2 : 0.4));
        var isRetried = error.IsTransient && acquisition.IsAwaited && acquisition.Attempts < acquisition.MaxAttempts;
        _ending = new Ending(
            request,
            null,
            acquisition.LastError,
            MayComplete: !isRetried || pause.AtMost >= left,
            Pause: isRetried && pause.AtLeast < left ? pause : null);
    }

    /// <summary>Nothing changes any more until the next step.</summary>
    public void Settle(bool isRunning, Instant now)
    {
        Completed = null;
        if (_ending is { } ending)
        {
            if (isRunning)
            {
                Require(
                    ending.Pause is not null,
                    "an acquisition ends with a token, a permanent failure, its third attempt or its only one");
                Running!.Pause = ending.Pause!.Value.From(now);
            }
            else
            {
                Require(
                    ending.MayComplete,
                    ending.MayRequestAgain
                        ? "a response to other options does not count"
                        : "a transient failure is retried up to three attempts while a caller waits, unless it is remembered");
                Complete(ending, Running!, now);
            }
        }
        else if (IsDisposed && Running is not null && !isRunning)
        {
            (Completed, Running) = (EndedByDisposal(now), null);
        }

        Require(isRunning == Running is not null, "an acquisition runs exactly from its first request to its end");
        Require(_acquisitionIsDue != true || Running is not null, "an acquisition starts for a caller that needs one");
        Require(
            Running is null || now.Monotonic - Running.StartedAt.Monotonic < acquisitionTimeout,
            "an acquisition ends by AcquisitionTimeout");
        Require(
            Running?.Request is not null || Running?.Pause.IsOverForTimers(now) != true,
            "the pause between two attempts is not longer than specified");
        (_ending, _acquisitionIsDue, _callersJoin) = (null, false, false);
    }

    /// <summary>
    /// When a caller that waits from now on gets the old token although the acquisition has not ended: after half of the
    /// lifetime left (timers count whole milliseconds), unless so little is left that the call might be too late.
    /// </summary>
    public TimeSpan? WaitEnds(Instant now)
        => UnexpiredAt(now) is { } token && token.Lifetime - now.Since(Held!.SentAt) is var left
            && left > TimeSpan.FromSeconds(2)
                ? now.Monotonic + TimeSpan.FromMilliseconds(Math.Floor(left.TotalMilliseconds / 2))
                : null;

    public CiamAccessToken? UnexpiredAt(Instant now) => Held?.PhaseAt(now, draw) < Phase.Expired ? Held!.Token : null;

    /// <summary>A rejected token is like one in its margin: for callers for whom no other can be acquired.</summary>
    public Phase PhaseAt(Instant now)
        => (Held?.PhaseAt(now, draw) ?? Phase.Expired) is var phase && _isRejected && phase < Phase.Margin ? Phase.Margin : phase;

    private Expectation Expect(Instant now)
    {
        var phase = PhaseAt(now);
        if (IsDisposed)
        {
            return new(Waits: false, MayServe: phase < Phase.Expired, MayFail: phase == Phase.Expired);
        }

        if (phase < Phase.Margin)
        {
            met(phase == Phase.Fresh ? "served fresh" : "served in the refresh window");
            _acquisitionIsDue = phase == Phase.Window && Running is null ? _failures.AllowsRefresh(now) : false;
            return new(Waits: false, MayServe: true, MayFail: false);
        }

        if (Running is not null)
        {
            met("joined");
            return new(Waits: true, MayServe: false, MayFail: false);
        }

        _acquisitionIsDue = _failures.AllowsAcquisition(now);
        met(_acquisitionIsDue != false ? "started for a caller"
            : phase == Phase.Expired ? "failed at once"
            : _isRejected ? "rejected token as the last resort"
            : "last resort at once");
        return new(_acquisitionIsDue, MayServe: phase == Phase.Margin, MayFail: phase == Phase.Expired);
    }

    private void Complete(Ending ending, Acquisition acquisition, Instant now)
    {
        Running = null;
        if (IsDisposed)
        {
            Completed = EndedByDisposal(now);
        }
        else if (ending.Token is { } token)
        {
            var grant = new Grant(token, ending.Request);
            if (now.Since(grant.SentAt) < token.Lifetime)
            {
                _failures.Forget();

                // A token that replaces one which nobody rejected, or which had expired, ends the series.
                _rejectionsInARow = _isRejected && UnexpiredAt(now) is not null ? _rejectionsInARow : 0;
                (Held, _isRejected) = (grant, false);
                var first = token.Lifetime / 10 < TimeSpan.FromSeconds(10) ? token.Lifetime / 10 : TimeSpan.FromSeconds(10);
                var doubled = first * Math.Pow(2, _rejectionsInARow - 1);
                _keptFor = _rejectionsInARow == 0 ? TimeSpan.Zero : doubled < token.Lifetime / 2 ? doubled : token.Lifetime / 2;
            }
            else
            {
                met("expired on arrival");
                _failures.ForgetButDelayRefresh(now);
            }

            Completed = new Completion(token, null, IsNew: true);
        }
        else
        {
            var unexpired = UnexpiredAt(now);
            met(!acquisition.IsAwaited ? "failed in the background"
                : unexpired is not null ? "last resort after an acquisition"
                : "failed its callers");
            _failures.Remember(ending.Failure!, acquisition.IsAwaited, now);
            Completed = new Completion(unexpired, ending.Failure, IsNew: false);
        }
    }

    /// <summary>The client was disposed during the acquisition: whatever it returned, callers get the old token until it expires.</summary>
    private Completion EndedByDisposal(Instant now)
    {
        var unexpired = UnexpiredAt(now);
        met(unexpired is not null ? "last resort after disposal" : "failed by disposal");
        return new Completion(unexpired, null, IsNew: false);
    }

    private bool HasOtherCredentials(CiamClientCredentialsOptions? options)
        => options?.ClientId != _options.ClientId || options?.ClientSecret != _options.ClientSecret;
}
