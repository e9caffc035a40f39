namespace TencentCiam.TokenClient.Benchmarks.Results;

/// <summary>One number that a scenario reports for a peer.</summary>
/// <param name="Peer">The peer's name and settings.</param>
/// <param name="Name">What was counted or measured.</param>
/// <param name="Value">The number, or null if there is none: see <paramref name="Note"/>.</param>
/// <param name="Unit">The unit of the number; empty for a count.</param>
/// <param name="Note">Why there is no number.</param>
/// <param name="StandardError">That of a mean.</param>
internal sealed record Figure(
    string Peer,
    string Name,
    double? Value,
    string Unit = "",
    string? Note = null,
    double? StandardError = null);
