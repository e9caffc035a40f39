namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>What went wrong; without an error it is that of the library itself when the acquisition's time was up.</summary>
internal sealed class Failure(CiamTokenError? error)
{
    public CiamTokenError? Error { get; private set; } = error;

    public bool IsTransient => Error?.IsTransient ?? true;

    public bool Is(CiamTokenError error)
    {
        Error ??= error is CiamTokenError.EndpointUnavailable { Code: "timeout", RetryAfter: null, IsTransient: true } ? error : null;
        return ReferenceEquals(Error, error);
    }
}

internal sealed class Acquisition(Instant tookOffAt, int maxAttempts)
{
    public Instant TookOffAt { get; } = tookOffAt;

    public int MaxAttempts { get; } = maxAttempts;

    public int Attempts { get; set; } = 1;

    public bool IsAwaited { get; set; }

    public Request? Request { get; set; }

    /// <summary>What is said when time is up: what the portal said to other credentials counts no more.</summary>
    public Failure? LastError { get; set; }

    public CiamClientCredentialsOptions? LastErrorFor { get; set; }

    public Since Pause { get; set; }
}

/// <summary>How a request ended, and what may follow.</summary>
internal sealed record Ending(
    Request Request, CiamAccessToken? Token, Failure? Failure, bool MayComplete, bool MayAskAgain = false, Pause? Pause = null);

/// <summary>What those get who waited: the token, else the error, else that the provider was disposed.</summary>
internal sealed record Completion(CiamAccessToken? Token, Failure? Failure, bool IsNew);

/// <summary>What a caller may meet. Waits null: that, or the others.</summary>
internal readonly record struct Expectation(bool? Waits, bool MayServe, bool MayRefuse);
