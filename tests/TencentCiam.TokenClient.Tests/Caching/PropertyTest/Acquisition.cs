namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

internal sealed class Acquisition(Instant startedAt, int maxAttempts)
{
    public Instant StartedAt { get; } = startedAt;

    public int MaxAttempts { get; } = maxAttempts;

    public int Attempts { get; set; } = 1;

    public bool IsAwaited { get; set; }

    public Request? Request { get; set; }

    /// <summary>What callers get on timeout. An error for other credentials no longer counts.</summary>
    public Failure? LastError { get; set; }

    public CiamClientCredentialsOptions? LastErrorFor { get; set; }

    public Pause.Running Pause { get; set; }
}

/// <summary>How a request ended, and what may follow.</summary>
internal sealed record Ending(
    Request Request, CiamAccessToken? Token, Failure? Failure, bool MayComplete, bool MayRequestAgain = false, Pause? Pause = null);

/// <summary>What waiting callers get: the token, else the error, else that the provider was disposed.</summary>
internal sealed record Completion(CiamAccessToken? Token, Failure? Failure, bool IsNew);

/// <summary>What a caller may experience. Waits is null when it may either wait or not.</summary>
internal readonly record struct Expectation(bool? Waits, bool MayServe, bool MayFail);
