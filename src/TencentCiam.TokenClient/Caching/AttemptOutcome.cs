namespace TencentCiam.TokenClient.Caching;

/// <summary>What follows an attempt: another attempt after a pause, or the end of the acquisition.</summary>
/// <param name="Pause">How long to wait before the next attempt; null when the acquisition has ended.</param>
/// <param name="Schedule">The schedule of the token that it ended with, if any.</param>
/// <param name="HadFailed">Whether a failure since the last token was already logged, so that this one is not logged as the first.</param>
/// <param name="IsAwaited">Whether any caller had waited by then.</param>
internal readonly record struct AttemptOutcome(TimeSpan? Pause, RefreshSchedule? Schedule, bool HadFailed, bool IsAwaited);
