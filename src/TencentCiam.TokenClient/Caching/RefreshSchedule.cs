namespace TencentCiam.TokenClient.Caching;

/// <summary>A token's life in, its moments out, each counted from before the token was asked for. Pure.</summary>
/// <param name="RefreshAfter">From here on the token is renewed in the background, and still attached.</param>
/// <param name="AttachFor">From here on the token is not attached any more, unless there is no other.</param>
/// <param name="Life">From here on the token is dead.</param>
/// <param name="IsCapped">Whether the user's own window or margin was more than half the life.</param>
internal readonly record struct RefreshSchedule(TimeSpan RefreshAfter, TimeSpan AttachFor, TimeSpan Life, bool IsCapped)
{
    private static readonly TimeSpan MinMargin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxMargin = TimeSpan.FromSeconds(15);

    /// <param name="life">How long the token lives.</param>
    /// <param name="refreshBeforeExpiration">The user's own window, if any. Zero: never ahead.</param>
    /// <param name="expirationMargin">The user's own margin, if any.</param>
    /// <param name="draw">A random number, at least 0 and less than 1.</param>
    public static RefreshSchedule For(
        TimeSpan life,
        TimeSpan? refreshBeforeExpiration,
        TimeSpan? expirationMargin,
        double draw)
    {
        var half = life / 2;
        var window = refreshBeforeExpiration ?? life / 5;
        var margin = expirationMargin ?? Min(Max(MinMargin, Min(life * 0.05, MaxMargin)), life / 10);
        var isCapped = window > half || margin > half;
        var attachFor = life - Min(margin, half);

        // Instances that got their tokens together must not all come back together. The exponential distribution is
        // deliberate: the gap between the first and the second of N that draw from it does not shrink as N grows.
        var jitter = -Math.Log(1 - draw) * (life / 60);
        var refreshAfter = window == TimeSpan.Zero
            ? attachFor
            : Max(Min(life - Min(window, half), attachFor) - jitter, half);

        return new RefreshSchedule(refreshAfter, attachFor, life, isCapped);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
