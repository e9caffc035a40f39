namespace TencentCiam.TokenClient.Caching;

/// <summary>A token in the cache with the moments at which its phases end.</summary>
internal sealed class HeldToken
{
    private readonly ClockReading _refreshFrom;
    private readonly ClockReading _attachUntil;
    private readonly ClockReading _expiresAt;
    private readonly ClockReading _youngUntil;

    // The last tick in which both clocks were read and the token found fresh.
    private long _freshInTick = long.MinValue;

    public HeldToken(CiamAccessToken token, ClockReading sentAt, RefreshSchedule schedule, TimeProvider timeProvider)
    {
        var tenth = token.Lifetime / 10;
        var young = tenth < TimeSpan.FromSeconds(10) ? tenth : TimeSpan.FromSeconds(10);

        Token = token;
        _refreshFrom = sentAt.Plus(schedule.RefreshAfter, timeProvider);
        _attachUntil = sentAt.Plus(schedule.AttachFor, timeProvider);
        _expiresAt = sentAt.Plus(schedule.Life, timeProvider);
        _youngUntil = sentAt.Plus(young, timeProvider);
    }

    public CiamAccessToken Token { get; }

    /// <summary>To be handed out with nothing else to do.</summary>
    public bool IsFresh(ClockReading now) => now.IsBefore(_refreshFrom);

    /// <summary>
    /// The same for the hot path, where reading two clocks would cost more than all else: what was found once in a tick of
    /// the machine's coarse clock (1 to 16 ms) holds to its end. That is late by no more than a token is anyway between the
    /// check and its use, and what follows on fresh is a window or a margin, unless the user has turned off both. Only for
    /// the machine's own clock; another one need not move with those ticks.
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

    /// <summary>To be handed out, though it may be time to renew it.</summary>
    public bool IsAttachable(ClockReading now) => now.IsBefore(_attachUntil);

    /// <summary>To be handed out when there is no other.</summary>
    public bool IsUnexpired(ClockReading now) => now.IsBefore(_expiresAt);

    /// <summary>So new that asking for another would not help whoever was refused with it.</summary>
    public bool IsYoung(ClockReading now) => now.IsBefore(_youngUntil);

    /// <summary>How long it still has to live; null when it is dead.</summary>
    public TimeSpan? RemainingAt(ClockReading now, TimeProvider timeProvider)
        => IsUnexpired(now) ? timeProvider.GetElapsedTime(now.Timestamp, _expiresAt.Timestamp) : null;
}
