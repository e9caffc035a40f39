namespace TencentCiam.TokenClient.Caching;

/// <summary>A cached token with the moments at which its phases end.</summary>
internal sealed class HeldToken
{
    private readonly ClockReading _refreshFrom;
    private readonly ClockReading _attachUntil;
    private readonly ClockReading _expiresAt;
    private readonly ClockReading _keepUntil;

    // The last tick in which both clocks were read and the token was found fresh.
    private long _freshInTick = long.MinValue;

    /// <param name="token">The token.</param>
    /// <param name="sentAt">The moment before its request was sent.</param>
    /// <param name="schedule">The moments of its life.</param>
    /// <param name="keepFor">For how long it is kept although a resource rejects it; zero if it is replaced at once.</param>
    /// <param name="timeProvider">The clock.</param>
    public HeldToken(
        CiamAccessToken token,
        ClockReading sentAt,
        RefreshSchedule schedule,
        TimeSpan keepFor,
        TimeProvider timeProvider)
    {
        Token = token;
        SentAt = sentAt;
        _refreshFrom = sentAt.Plus(schedule.RefreshAfter, timeProvider);
        _attachUntil = sentAt.Plus(schedule.AttachFor, timeProvider);
        _expiresAt = sentAt.Plus(schedule.Lifetime, timeProvider);
        _keepUntil = sentAt.Plus(keepFor, timeProvider);
    }

    // Rejected: neither fresh nor attachable from now on, whatever the clocks say.
    private HeldToken(HeldToken rejected)
    {
        Token = rejected.Token;
        SentAt = rejected.SentAt;
        _expiresAt = rejected._expiresAt;
        IsRejected = true;
    }

    public CiamAccessToken Token { get; }

    /// <summary>The moment before its request was sent.</summary>
    public ClockReading SentAt { get; }

    /// <summary>Whether a resource has rejected it. It is then returned only when no other can be acquired.</summary>
    public bool IsRejected { get; }

    /// <summary>The same token, after a resource has rejected it.</summary>
    public HeldToken Reject() => new(this);

    /// <summary>Whether it is returned and no refresh is due.</summary>
    public bool IsFresh(ClockReading now) => now.IsBefore(_refreshFrom);

    /// <summary>
    /// The same for the hot path, where reading two clocks would cost more than everything else. Once the token was found
    /// fresh, it counts as fresh until the tick of the machine's coarse clock (1 to 16 ms) ends. This delay is harmless: a
    /// refresh window or a margin follows, unless the user has turned off both, and a caller may use a token that late after
    /// any check. Only for the machine's own clock, because another clock does not follow those ticks.
    /// </summary>
    public bool IsFreshNow(TimeProvider timeProvider)
    {
        if (timeProvider != TimeProvider.System)
        {
            return IsFresh(ClockReading.Now(timeProvider));
        }

#pragma warning disable RS0030 // Not used as a clock: it only shows whether the tick has changed since TimeProvider was read.
        var tick = Environment.TickCount64;
#pragma warning restore RS0030
        if (Volatile.Read(ref _freshInTick) == tick)
        {
            return true;
        }

        var isFresh = IsFresh(ClockReading.Now(timeProvider));
        if (isFresh)
        {
            Volatile.Write(ref _freshInTick, tick);
        }

        return isFresh;
    }

    /// <summary>Whether it is returned, although a refresh may be due.</summary>
    public bool IsAttachable(ClockReading now) => now.IsBefore(_attachUntil);

    /// <summary>For how long it may still be attached, by the clock that leaves it less; null when it may not.</summary>
    public TimeSpan? AttachableFor(ClockReading now, TimeProvider timeProvider)
        => IsAttachable(now) ? now.Until(_attachUntil, timeProvider) : null;

    /// <summary>Whether it can be returned as the last resort.</summary>
    public bool IsUnexpired(ClockReading now) => now.IsBefore(_expiresAt);

    /// <summary>
    /// Whether a rejection replaces it now. If not, it recently replaced a rejected one, so that another would probably be
    /// rejected too.
    /// </summary>
    public bool IsReplaceable(ClockReading now) => !now.IsBefore(_keepUntil);

    /// <summary>The time until it is no longer fresh, by the clock that reaches that moment first; negative after it.</summary>
    public TimeSpan FreshFor(ClockReading now, TimeProvider timeProvider) => now.Until(_refreshFrom, timeProvider);

    /// <summary>Its remaining life by the clock that leaves it less; null when it has expired.</summary>
    public TimeSpan? RemainingAt(ClockReading now, TimeProvider timeProvider)
        => IsUnexpired(now) ? now.Until(_expiresAt, timeProvider) : null;
}
