namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>An instant on the monotonic clock and on the wall clock.</summary>
internal readonly record struct Instant(TimeSpan Monotonic, TimeSpan Wall)
{
    /// <summary>The longer of the two: no token is valid, and no caller is held back, for longer than either clock says.</summary>
    public TimeSpan Since(Instant earlier)
    {
        var (monotonic, wall) = (Monotonic - earlier.Monotonic, Wall - earlier.Wall);
        return monotonic > wall ? monotonic : wall;
    }
}
