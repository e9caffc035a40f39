namespace TencentCiam.TokenClient.Caching;

/// <summary>What an attempt ends in: another attempt after a pause, or the end of the acquisition.</summary>
/// <param name="Pause">How long to wait before the next attempt; null when the acquisition has ended.</param>
/// <param name="Schedule">That of the token it has ended with, if any.</param>
/// <param name="HadFailed">Whether an earlier acquisition had failed since the last token.</param>
internal readonly record struct AttemptOutcome(TimeSpan? Pause, RefreshSchedule? Schedule, bool HadFailed);
