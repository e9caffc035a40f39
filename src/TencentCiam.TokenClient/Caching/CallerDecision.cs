using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.Caching;

/// <summary>
/// What the slot decides under its lock for a caller that finds no fresh token: exactly one of a token, an acquisition to
/// wait for, an error, or, once the client is disposed or the slot closed, none of them.
/// </summary>
internal readonly record struct CallerDecision
{
    /// <summary>The token to return at once.</summary>
    public CiamAccessToken? Token { get; private init; }

    /// <summary>How <see cref="Token"/> was found.</summary>
    public LookupOutcome Outcome { get; private init; }

    /// <summary>The acquisition to wait for.</summary>
    public TokenAcquisition? Acquisition { get; private init; }

    /// <summary>How long to wait for <see cref="Acquisition"/> before the unexpired token is used; null for no limit.</summary>
    public TimeSpan? MaxWait { get; private init; }

    /// <summary>The remembered failure to throw at once.</summary>
    public CiamTokenError? Error { get; private init; }

    /// <summary>Whether this caller is the first to be given a failure since the last token.</summary>
    public bool IsFirstToFail { get; private init; }

    /// <summary>Why a token would have been acquired, had no failure been remembered.</summary>
    public AcquisitionReason Reason { get; private init; }

    /// <summary>The acquisition that this caller has to start, be it for itself or in the background.</summary>
    public TokenAcquisition? Start { get; private init; }

    /// <summary>Whether the slot was dropped, so that the caller needs another one.</summary>
    public bool IsClosed { get; private init; }

    public static CallerDecision Closed => new() { IsClosed = true };

    public static CallerDecision Use(CiamAccessToken token, LookupOutcome outcome, TokenAcquisition? start = null)
        => new() { Token = token, Outcome = outcome, Start = start };

    public static CallerDecision Wait(TokenAcquisition acquisition, TimeSpan? maxWait, TokenAcquisition? start)
        => new() { Acquisition = acquisition, MaxWait = maxWait, Start = start };

    public static CallerDecision Fail(CiamTokenError? error, bool isFirstToFail, AcquisitionReason reason)
        => new() { Error = error, IsFirstToFail = isFirstToFail, Reason = reason };
}
