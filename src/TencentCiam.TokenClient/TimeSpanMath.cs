namespace TencentCiam.TokenClient;

internal static class TimeSpanMath
{
    public static TimeSpan Min(TimeSpan a, TimeSpan b) => new(Math.Min(a.Ticks, b.Ticks));

    public static TimeSpan Max(TimeSpan a, TimeSpan b) => new(Math.Max(a.Ticks, b.Ticks));
}
