namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>One number that a scenario found for a peer.</summary>
/// <param name="Peer">Its name, and how it was set.</param>
/// <param name="Name">What was counted or measured.</param>
/// <param name="Value">The number, or null where there is none: see <paramref name="Note"/>.</param>
/// <param name="Unit">Of the number; empty for a count.</param>
/// <param name="Note">Why there is no number.</param>
internal sealed record Figure(string Peer, string Name, double? Value, string Unit = "", string? Note = null);
