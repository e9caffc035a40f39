namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>A wait whose length jitter leaves open between two bounds.</summary>
internal readonly record struct Pause(TimeSpan AtLeast, TimeSpan AtMost)
{
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(1);

    public static Pause WithJitter(TimeSpan wait) => new(wait, wait * 1.25);

    /// <summary>Retry-After takes precedence, up to an hour.</summary>
    public static Pause After(CiamTokenError? error, TimeSpan otherwise)
        => error?.RetryAfter is not { } wait ? WithJitter(otherwise)
            : wait < MaxRetryAfter ? new Pause(wait, wait)
            : new Pause(MaxRetryAfter, MaxRetryAfter);

    public Running From(Instant start) => new(this, start);

    /// <summary>A pause that began at an instant.</summary>
    internal readonly record struct Running(Pause Pause, Instant Start)
    {
        /// <summary>Null when jitter leaves it open.</summary>
        public bool? IsOver(Instant now) => IsOver(now.Since(Start));

        /// <summary>By the monotonic clock, on which timers run. Null when jitter leaves it open.</summary>
        public bool? IsOverForTimers(Instant now) => IsOver(now.Monotonic - Start.Monotonic);

        private bool? IsOver(TimeSpan passed) => passed < Pause.AtLeast ? false : passed >= Pause.AtMost ? true : null;
    }
}
