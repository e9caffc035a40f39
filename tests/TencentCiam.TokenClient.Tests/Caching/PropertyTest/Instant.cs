using static TencentCiam.TokenClient.Tests.Caching.PropertyTest.TokenSlotModel;

namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>A moment on the clock that only time moves, and on the one on the wall.</summary>
internal readonly record struct Instant(TimeSpan Steady, TimeSpan Wall)
{
    /// <summary>By the clock that says more: nothing is good, and nobody is kept off, for longer than either says.</summary>
    public TimeSpan Since(Instant earlier) => Max(Steady - earlier.Steady, Wall - earlier.Wall);
}

/// <summary>How long to wait: jitter leaves it open between the two.</summary>
internal readonly record struct Pause(TimeSpan AtLeast, TimeSpan AtMost)
{
    public static Pause Lengthened(TimeSpan wait) => new(wait, wait * 1.25);

    /// <summary>Retry-After wins, up to an hour.</summary>
    public static Pause After(CiamTokenError? error, TimeSpan otherwise)
        => error?.RetryAfter is { } wait ? Exactly(Min(wait, TimeSpan.FromHours(1))) : Lengthened(otherwise);

    private static Pause Exactly(TimeSpan wait) => new(wait, wait);
}

/// <summary>A pause from a moment on.</summary>
internal readonly record struct Since(Instant From, Pause Pause)
{
    /// <summary>Null: perhaps.</summary>
    public bool? IsOver(Instant now) => IsOver(now.Since(From));

    /// <summary>By the clock that timers run on. Null: perhaps.</summary>
    public bool? IsOverForTimers(Instant now) => IsOver(now.Steady - From.Steady);

    private bool? IsOver(TimeSpan passed) => passed < Pause.AtLeast ? false : passed >= Pause.AtMost ? true : null;
}
