namespace TencentCiam.TokenClient;

/// <summary>How the instances of an application share their tokens in its <c>IDistributedCache</c>.</summary>
public sealed class CiamDistributedTokenCacheOptions
{
    /// <summary>
    /// What the keys of the library's entries begin with. All instances that share tokens need the same. Default: <c>ciam:</c>.
    /// </summary>
    public string KeyPrefix { get; set; } = "ciam:";

    /// <summary>
    /// How long an acquisition waits for one read or write of the cache, after which it continues without. Default: 250
    /// milliseconds. Range: more than zero, at most 1 minute. More than a tenth of the client's <c>AcquisitionTimeout</c> counts
    /// as that tenth, so that time is left for the token request.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Whether <c>AddDistributedTokenCache</c> was called.</summary>
    internal bool IsEnabled { get; set; }
}
