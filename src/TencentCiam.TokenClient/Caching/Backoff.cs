namespace TencentCiam.TokenClient.Caching;

/// <summary>
/// How long to wait after the n-th failure in a row (n from 0). Pure. <c>draw</c> is a random number of at least 0 and less
/// than 1: jitter only lengthens, by at most a quarter.
/// </summary>
internal static class Backoff
{
    /// <summary>Between the attempts of one acquisition that a caller waits for: 0.2, 0.4 s.</summary>
    public static TimeSpan BetweenAttempts(int failures, double draw)
        => Lengthen(TimeSpan.FromMilliseconds(200 << failures), draw);

    /// <summary>Until a background refresh is tried again: 1, 2, 4, 8, 16 s.</summary>
    public static TimeSpan BackgroundRefresh(int failures, double draw, TimeSpan? retryAfter)
        => FromRetryAfter(retryAfter) ?? Lengthen(TimeSpan.FromSeconds(1 << Math.Min(failures, 4)), draw);

    /// <summary>
    /// How long a failure is remembered, during which no request is made: a transient one for 1 s, then 2 s each time, so
    /// that recovery is noticed quickly; a permanent one for 5 s, doubling to 60 s.
    /// </summary>
    public static TimeSpan Remembered(CiamTokenError error, int failures, double draw)
        => FromRetryAfter(error.RetryAfter)
            ?? Lengthen(
                error.IsTransient
                    ? TimeSpan.FromSeconds(failures == 0 ? 1 : 2)
                    : TimeSpan.FromSeconds(Math.Min(5 << Math.Min(failures, 4), 60)),
                draw);

    /// <summary>
    /// The portal's Retry-After takes precedence (RFC 9110 section 10.2.3). Less than a second is ignored. More than an hour is
    /// capped at an hour, so that a mistake at the portal does not disable every application permanently.
    /// </summary>
    public static TimeSpan? FromRetryAfter(TimeSpan? retryAfter)
        => retryAfter is not { } wait || wait < TimeSpan.FromSeconds(1) ? null
            : TimeSpanMath.Min(wait, TimeSpan.FromHours(1));

    /// <summary>
    /// For how long a token that replaced a rejected one is not replaced after a rejection: 10 s, but at most a tenth of its
    /// lifetime, doubling with each rejection in a row, up to half of its lifetime. So an API that rejects everything causes few
    /// token requests, and a revoked token causes no failed call.
    /// </summary>
    /// <param name="lifetime">The lifetime of the replacement.</param>
    /// <param name="rejections">How many tokens in a row were rejected before it; zero if none.</param>
    public static TimeSpan KeepReplacement(TimeSpan lifetime, int rejections)
    {
        if (rejections == 0)
        {
            return TimeSpan.Zero;
        }

        var first = TimeSpanMath.Min(lifetime / 10, TimeSpan.FromSeconds(10));
        return TimeSpanMath.Min(first * (1 << Math.Min(rejections - 1, 20)), lifetime / 2);
    }

    private static TimeSpan Lengthen(TimeSpan wait, double draw) => wait * (1 + (draw / 4));
}
