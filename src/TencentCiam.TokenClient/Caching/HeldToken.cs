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
    /// <param name="keepFor">For how long a rejection by a resource does not replace it; zero if it always does.</param>
    /// <param name="timeProvider">The clock.</param>
    public HeldToken(
        CiamAccessToken token,
        ClockReading sentAt,
        RefreshSchedule schedule,
        TimeSpan keepFor,
        TimeProvider timeProvider)
    {
        Token = token;
        _refreshFrom = sentAt.Plus(schedule.RefreshAfter, timeProvider);
        _attachUntil = sentAt.Plus(schedule.AttachFor, timeProvider);
        _expiresAt = sentAt.Plus(schedule.Lifetime, timeProvider);
        _keepUntil = keepFor > TimeSpan.Zero ? sentAt.Plus(keepFor, timeProvider) : default;
    }

    // Rejected: neither fresh nor attachable from now on, whatever the clocks say.
    private HeldToken(HeldToken rejected)
    {
        Token = rejected.Token;
        _expiresAt = rejected._expiresAt;
        IsRejected = true;
    }

    public CiamAccessToken Token { get; }

    /// <summary>Whether a resource has rejected it. It is then returned only when no other can be had.</summary>
    public bool IsRejected { get; }

    /// <summary>The same token, after a resource has rejected it.</summary>
    public HeldToken Reject() => new(this);

    /// <summary>To be returned with nothing else to do.</summary>
    public bool IsFresh(ClockReading now) => now.IsBefore(_refreshFrom);

    /// <summary>
    /// The same for the hot path, where reading two clocks would cost more than everything else: what was found once in a
    /// tick of the machine's coarse clock (1 to 16 ms) holds until that tick ends. That is no later than a token may be used
    /// after the check anyway, and a refresh window or a margin follows, unless the user has turned off both. Only for the
    /// machine's own clock; another one need not move with those ticks.
    /// </summary>
    public bool IsFreshNow(TimeProvider timeProvider)
    {
        if (timeProvider != TimeProvider.System)
        {
            return IsFresh(ClockReading.Now(timeProvider));
        }

#pragma warning disable RS0030 // It does not tell the time here, only that none has passed since TimeProvider told it.
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

    /// <summary>To be returned, although it may be time to refresh it.</summary>
    public bool IsAttachable(ClockReading now) => now.IsBefore(_attachUntil);

    /// <summary>To be returned when there is no other.</summary>
    public bool IsUnexpired(ClockReading now) => now.IsBefore(_expiresAt);

    /// <summary>Whether a rejection replaces it now. Another one would probably be rejected too while it does not.</summary>
    public bool IsReplaceable(ClockReading now) => !now.IsBefore(_keepUntil);

    /// <summary>Its remaining life by the clock that leaves it less; null when it has expired.</summary>
    public TimeSpan? RemainingAt(ClockReading now, TimeProvider timeProvider)
    {
        if (!IsUnexpired(now))
        {
            return null;
        }

        var monotonic = timeProvider.GetElapsedTime(now.Timestamp, _expiresAt.Timestamp);
        var wall = TimeSpan.FromTicks(_expiresAt.UtcTicks - now.UtcTicks);
        return monotonic < wall ? monotonic : wall;
    }
}
