namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

internal enum Phase
{
    Fresh,
    Window,
    Margin,
    Expired,
}

/// <summary>A request at the portal. Not a record: each is equal to itself only.</summary>
internal sealed class Request(CiamClientCredentialsOptions options, string scope, Instant sentAt)
{
    public CiamClientCredentialsOptions Options => options;

    public string Scope => scope;

    public Instant SentAt => sentAt;
}

/// <summary>A token that the portal granted.</summary>
internal sealed record Grant(CiamAccessToken Token, Request Request)
{
    public Instant SentAt => Request.SentAt;

    public Phase PhaseAt(Instant now, double draw)
    {
        var age = now.Since(SentAt);
        return age < StartOf(Phase.Window, draw) ? Phase.Fresh
            : age < StartOf(Phase.Margin, draw) ? Phase.Window
            : age < StartOf(Phase.Expired, draw) ? Phase.Margin
            : Phase.Expired;
    }

    /// <summary>The age at which the phase begins.</summary>
    public TimeSpan StartOf(Phase phase, double draw)
    {
        var lifetime = Token.Lifetime;
        var jitter = -Math.Log(1 - draw) * (lifetime / 60);
        var margin = Min(Min(Max(lifetime * 0.05, TimeSpan.FromSeconds(1)), TimeSpan.FromSeconds(15)), lifetime / 10);
        return phase switch
        {
            Phase.Window => Max(lifetime - (lifetime / 5) - jitter, lifetime / 2),
            Phase.Margin => lifetime - margin,
            _ => lifetime,
        };
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
