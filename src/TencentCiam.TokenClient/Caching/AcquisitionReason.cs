namespace TencentCiam.TokenClient.Caching;

/// <summary>Why a token is acquired.</summary>
internal enum AcquisitionReason
{
    /// <summary>There was none yet.</summary>
    Cold,

    /// <summary>The current one is about to expire, and is still attached.</summary>
    Refresh,

    /// <summary>The last one has expired, or is too close to it to be attached.</summary>
    Expired,

    /// <summary>A resource rejected the last one.</summary>
    Unauthorized,
}
