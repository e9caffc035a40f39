namespace TencentCiam.TokenClient.Telemetry;

/// <summary>How a lookup of a token in the cache ended.</summary>
internal enum LookupOutcome
{
    /// <summary>The token was in the cache.</summary>
    Hit,

    /// <summary>The caller waited for a new token.</summary>
    Waited,

    /// <summary>No new token could be acquired, so one in its margin, or one that a resource rejected, was returned.</summary>
    LastResort,

    /// <summary>The caller cancelled while it waited.</summary>
    Cancelled,

    /// <summary>There was no token.</summary>
    Failed,
}
