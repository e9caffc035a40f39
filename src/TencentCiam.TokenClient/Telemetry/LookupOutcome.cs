namespace TencentCiam.TokenClient.Telemetry;

/// <summary>What became of asking the cache for a token.</summary>
internal enum LookupOutcome
{
    /// <summary>It was there.</summary>
    Hit,

    /// <summary>It had to be waited for.</summary>
    Waited,

    /// <summary>A new one could not be had, and one in its margin was handed out.</summary>
    LastResort,

    /// <summary>The caller walked away while it was waiting.</summary>
    Cancelled,

    /// <summary>There was none.</summary>
    Failed,
}
