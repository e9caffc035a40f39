namespace TencentCiam.TokenClient.Caching;

/// <summary>A token in the cache with the moments at which its phases end. Immutable.</summary>
internal sealed class HeldToken
{
    private readonly Moment _refreshFrom;
    private readonly Moment _attachUntil;
    private readonly Moment _deadFrom;
    private readonly Moment _youngUntil;

    public HeldToken(CiamAccessToken token, Moment sentAt, RefreshSchedule schedule, TimeProvider timeProvider)
    {
        var tenth = token.Lifetime / 10;
        var young = tenth < TimeSpan.FromSeconds(10) ? tenth : TimeSpan.FromSeconds(10);

        Token = token;
        _refreshFrom = sentAt.Plus(schedule.RefreshAfter, timeProvider);
        _attachUntil = sentAt.Plus(schedule.AttachFor, timeProvider);
        _deadFrom = sentAt.Plus(schedule.Life, timeProvider);
        _youngUntil = sentAt.Plus(young, timeProvider);
    }

    public CiamAccessToken Token { get; }

    /// <summary>To be handed out with nothing else to do.</summary>
    public bool IsFresh(Moment now) => now.IsBefore(_refreshFrom);

    /// <summary>To be handed out, though it may be time to renew it.</summary>
    public bool IsAttachable(Moment now) => now.IsBefore(_attachUntil);

    /// <summary>To be handed out when there is no other.</summary>
    public bool IsAlive(Moment now) => now.IsBefore(_deadFrom);

    /// <summary>So new that asking for another would not help whoever was refused with it.</summary>
    public bool IsYoung(Moment now) => now.IsBefore(_youngUntil);

    public TimeSpan RemainingLife(TimeProvider timeProvider)
        => timeProvider.GetElapsedTime(timeProvider.GetTimestamp(), _deadFrom.Timestamp);
}
