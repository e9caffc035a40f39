namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

/// <summary>One step of a <see cref="Plan"/>.</summary>
internal abstract record Step
{
    /// <summary>Callers get a token; a scope of null is the client's own.</summary>
    internal sealed record Acquire(string? Scope, int Callers) : Step;

    /// <summary>Callers get a token, each on a thread that it blocks.</summary>
    internal sealed record AcquireSynchronously(string? Scope, int Callers) : Step;

    /// <summary>A caller gets a token with a CancellationToken that is already cancelled.</summary>
    internal sealed record AcquireCancelled(string? Scope) : Step;

    internal sealed record Respond(int Request, Response Response) : Step;

    /// <summary>Responds with a token of 600 s, while callers arrive that may or may not find it.</summary>
    internal sealed record RespondAndAcquire(int Request, int Callers) : Step;

    internal sealed record RespondAndCancel(int Request, Response Response, int Caller) : Step;

    internal sealed record Cancel(int Caller) : Step;

    internal sealed record Advance(double Seconds) : Step;

    internal sealed record AdvanceTo(string Scope, Phase Phase) : Step;

    internal sealed record StepWallClock(int Seconds) : Step;

    internal sealed record Invalidate(int TokensAgo) : Step;

    internal sealed record ChangeOptions(string What) : Step;
}

/// <summary>A token with its lifetime, or an error with Retry-After unless that is 0.</summary>
internal sealed record Response(string Kind, int Seconds);
