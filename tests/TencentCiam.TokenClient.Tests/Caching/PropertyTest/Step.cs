namespace TencentCiam.TokenClient.Tests.Caching.PropertyTest;

internal abstract record Step;

internal sealed record Ask(string? Scope, int Callers) : Step;

internal sealed record AskCancelled(string? Scope) : Step;

internal sealed record Answer(int Request, Reply Reply) : Step;

/// <summary>With a token of 600 s, while callers come who may find that it has landed or not.</summary>
internal sealed record AnswerAndAsk(int Request, int Callers) : Step;

internal sealed record AnswerAndCancel(int Request, Reply Reply, int Caller) : Step;

internal sealed record Cancel(int Caller) : Step;

internal sealed record Advance(double Seconds) : Step;

internal sealed record AdvanceTo(string Scope, Phase Phase) : Step;

internal sealed record StepWallClock(int Seconds) : Step;

internal sealed record Invalidate(int TokensAgo) : Step;

internal sealed record Reload(string What) : Step;

/// <summary>A token with its life, or an error with Retry-After unless that is 0.</summary>
internal sealed record Reply(string Kind, int Seconds);
