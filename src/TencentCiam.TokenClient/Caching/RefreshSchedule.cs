using static TencentCiam.TokenClient.TimeSpanMath;

namespace TencentCiam.TokenClient.Caching;

/// <summary>The moments of a token's life, each counted from before its request was sent. Pure.</summary>
/// <param name="RefreshAfter">From here on the token is refreshed in the background, and still attached.</param>
/// <param name="AttachFor">From here on the token is attached only as the last resort.</param>
/// <param name="Lifetime">From here on the token has expired.</param>
/// <param name="IsCapped">Whether the user's own window or margin was more than half the lifetime.</param>
internal readonly record struct RefreshSchedule(TimeSpan RefreshAfter, TimeSpan AttachFor, TimeSpan Lifetime, bool IsCapped)
{
    private static readonly TimeSpan MinMargin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxMargin = TimeSpan.FromSeconds(15);

    /// <param name="lifetime">How long the token lives.</param>
    /// <param name="refreshBeforeExpiration">The user's own window, if any. Zero: no background refresh.</param>
    /// <param name="expirationMargin">The user's own margin, if any.</param>
    /// <param name="draw">A random number of at least 0 and less than 1.</param>
    public static RefreshSchedule For(
        TimeSpan lifetime,
        TimeSpan? refreshBeforeExpiration,
        TimeSpan? expirationMargin,
        double draw)
    {
        var half = lifetime / 2;
        var window = refreshBeforeExpiration ?? lifetime / 5;
        var margin = expirationMargin ?? Min(Max(MinMargin, Min(lifetime * 0.05, MaxMargin)), lifetime / 10);
        var isCapped = window > half || margin > half;
        var attachFor = lifetime - Min(margin, half);

        // Instances that got their tokens together must not all refresh together. The exponential distribution is
        // deliberate: the gap between the first and the second of N that draw from it does not shrink as N grows.
        var jitter = -Math.Log(1 - draw) * (lifetime / 60);
        var refreshAfter = window == TimeSpan.Zero
            ? attachFor
            : Max(Min(lifetime - Min(window, half), attachFor) - jitter, half);

        return new RefreshSchedule(refreshAfter, attachFor, lifetime, isCapped);
    }
}
