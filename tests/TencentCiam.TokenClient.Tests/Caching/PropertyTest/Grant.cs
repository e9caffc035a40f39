using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.TokenSlotModel;

namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

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
