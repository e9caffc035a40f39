using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.DistributedCache;

/// <summary>A token that another instance acquired.</summary>
/// <param name="Token">The token.</param>
/// <param name="SentAt">When its request was sent, by this machine's clocks.</param>
/// <param name="Schedule">When this instance refreshes it.</param>
internal sealed record AdoptedToken(CiamAccessToken Token, ClockReading SentAt, RefreshSchedule Schedule);
