using TencentCiam.TokenClient.Tests.Caching.PropertyTest;

namespace TencentCiam.TokenClient.Tests.DistributedCache.PropertyTest;

/// <summary>
/// What one instance may do with the token that it holds, the failures that it remembers and the entries that it reads. All
/// times are by its own clock.
/// </summary>
internal sealed class InstanceModel(double draw, Action<string> met)
{
    private readonly FailureMemoryModel _failures = new();

    // Of the token that is held: whether an API has rejected it, and until which age a rejection has no effect.
    private bool _isRejected;
    private TimeSpan _keptFor;
    private int _rejectionsInARow;

    public Grant? Held { get; private set; }

    public int MaxAttempts => _failures.IsRemembering ? 1 : 3;

    public bool IsRemembered(CiamTokenError error) => _failures.IsRemembered(error);

    public CiamAccessToken? UnexpiredAt(Instant now) => Held?.PhaseAt(now, draw) < Phase.Expired ? Held!.Token : null;

    /// <summary>How long the token has left; zero without one that has not expired.</summary>
    public TimeSpan RemainingAt(Instant now)
        => UnexpiredAt(now) is { } token ? token.Lifetime - now.Since(Held!.SentAt) : TimeSpan.Zero;

    /// <summary>The time until the token reaches a phase; zero without one.</summary>
    public TimeSpan TimeTo(Phase phase, Instant now)
        => Held is { } held && held.StartOf(phase, draw) - now.Since(held.SentAt) is var left && left > TimeSpan.Zero
            ? TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds))
            : TimeSpan.Zero;

    /// <summary>A rejected token is like one in its margin: for callers for whom no other can be acquired.</summary>
    public Phase PhaseAt(Instant now)
        => (Held?.PhaseAt(now, draw) ?? Phase.Expired) is var phase && _isRejected && phase < Phase.Margin ? Phase.Margin : phase;

    /// <summary>What a caller may experience now, and whether an acquisition starts. Null when jitter leaves that open.</summary>
    public (Expectation Caller, bool? Starts) Expect(Instant now, bool isRunning)
    {
        var phase = PhaseAt(now);
        if (phase < Phase.Margin)
        {
            return (
                new(Waits: false, MayServe: true, MayFail: false),
                phase == Phase.Window && !isRunning ? _failures.AllowsRefresh(now) : false);
        }

        var starts = isRunning ? false : _failures.AllowsAcquisition(now);
        bool? waits = isRunning ? true : starts;
        met(waits == true ? "waited" : phase == Phase.Expired ? "failed at once" : "last resort at once");
        return (new(waits, MayServe: phase == Phase.Margin, MayFail: phase == Phase.Expired), starts);
    }

    /// <summary>Whether an entry has to be adopted. If not, it must not be.</summary>
    public bool Adopts(SharedCache.Entry? entry, bool isAwaited, Instant now)
    {
        if (entry?.Grant is not { } shared)
        {
            return false;
        }

        var age = now.Wall - shared.SentAt.Wall;
        if (age < -(shared.Token.Lifetime - shared.StartOf(Phase.Margin, draw)))
        {
            met("from the future");
            return false;
        }

        var isNewer = Held is null || (shared.SentAt.Wall > Held.SentAt.Wall && shared.Token.Value != Held.Token.Value);
        return isNewer && Max(age, TimeSpan.Zero) < shared.StartOf(isAwaited ? Phase.Margin : Phase.Window, draw);
    }

    /// <summary>The instance has acquired a token, or adopted one.</summary>
    public void Hold(CiamAccessToken token, Request request, Instant now)
    {
        // A token that replaces one which nobody rejected, or which had expired, ends the series.
        _rejectionsInARow = _isRejected && UnexpiredAt(now) is not null ? _rejectionsInARow : 0;
        (Held, _isRejected) = (new Grant(token, request), false);
        var first = token.Lifetime / 10 < TimeSpan.FromSeconds(10) ? token.Lifetime / 10 : TimeSpan.FromSeconds(10);
        var doubled = first * Math.Pow(2, _rejectionsInARow - 1);
        _keptFor = _rejectionsInARow == 0 ? TimeSpan.Zero : doubled < token.Lifetime / 2 ? doubled : token.Lifetime / 2;
        _failures.Forget();
    }

    public void Fail(CiamTokenError error, bool wasAwaited, Instant now) => _failures.Remember(new Failure(error), wasAwaited, now);

    public void ForgetFailures() => _failures.Forget();

    public void Reject(CiamAccessToken token, Instant now)
    {
        if (!_isRejected && Held is { } held && held.Token == token && now.Since(held.SentAt) >= _keptFor)
        {
            met("rejected");
            _isRejected = true;
            _rejectionsInARow++;
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
