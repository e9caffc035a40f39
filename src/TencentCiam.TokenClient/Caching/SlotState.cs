namespace TencentCiam.TokenClient.Caching;

/// <summary>What a slot knows about its token at one moment, for health checks.</summary>
internal readonly record struct SlotState
{
    /// <summary>
    /// For how long callers count as failing after the latest failure. Longer than a failure is remembered, so that the health of
    /// a client that is called now and then does not alternate; bounded, because an instance that gets no calls while it is
    /// unhealthy could not become healthy again.
    /// </summary>
    public static readonly TimeSpan FailurePeriod = TimeSpan.FromMinutes(1);

    /// <summary>The scopes that are requested; empty for none.</summary>
    public required string Scope { get; init; }

    /// <summary>The remaining life of the token; null without an unexpired one.</summary>
    public required TimeSpan? Remaining { get; init; }

    /// <summary>Whether there was a token, be it expired.</summary>
    public required bool HadToken { get; init; }

    /// <summary>Whether the host was started with Warm or Required and no token has been acquired since.</summary>
    public required bool NeedsFirstToken { get; init; }

    /// <summary>Whether tokens are acquired without a caller.</summary>
    public required bool AcquiresWithoutCaller { get; init; }

    /// <summary>Whether callers are given a failure now, or were within <see cref="FailurePeriod"/>.</summary>
    public required bool FailsCallers { get; init; }

    /// <summary>Whether callers were given a failure since the last token.</summary>
    public required bool HasFailedCallers { get; init; }

    /// <summary>The latest failure since the last token, if any.</summary>
    public required CiamTokenError? Error { get; init; }

    /// <summary>When the first acquisition since the last token failed. Only with an <see cref="Error"/>.</summary>
    public required DateTimeOffset FailingSince { get; init; }
}
