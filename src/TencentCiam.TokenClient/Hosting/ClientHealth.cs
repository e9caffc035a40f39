using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.Hosting;

/// <summary>Judges what is known about a token. Pure.</summary>
internal static class ClientHealth
{
    public const string NoTokenNeeded = "No token was needed yet.";

    /// <param name="state">What is known; null if no token was ever needed.</param>
    /// <param name="failureStatus">The status when calls fail.</param>
    public static (HealthStatus Status, string Description) Of(SlotState? state, HealthStatus failureStatus)
        => state is not { } known ? (HealthStatus.Healthy, NoTokenNeeded)
            : known.Remaining is { } remaining ? WithToken(remaining, known)
            : known.NeedsFirstToken && known.Error is null ? (failureStatus, "The first token is being acquired.")
            : known.Error is { } error ? WithoutToken(known, error, failureStatus)
            : WithoutCalls(known);

    private static (HealthStatus Status, string Description) WithToken(TimeSpan remaining, SlotState state)
    {
        var token = FormattableString.Invariant($"The token expires in {Math.Round(remaining.TotalSeconds)} s");
        return state.Error is { } error
            ? (HealthStatus.Degraded, $"{token}, and token acquisition has failed since {Since(state)}. {error.Message}")
            : (HealthStatus.Healthy, $"{token}.");
    }

    private static (HealthStatus Status, string Description) WithoutToken(
        SlotState state,
        CiamTokenError error,
        HealthStatus failureStatus)
        => state.AcquiresWithoutCaller || state.FailsCallers
            ? (failureStatus, $"Token acquisition has failed since {Since(state)}. {error.Message}")
            : state.HasFailedCallers
                ? (HealthStatus.Degraded, "The last calls failed, and nobody has called since; the next call tries again. " + error.Message)
                : WithoutCalls(state);

    private static (HealthStatus Status, string Description) WithoutCalls(SlotState state)
        => (
            HealthStatus.Healthy,
            state.HadToken ? "The last token expired while nobody called; the next call acquires another." : NoTokenNeeded);

    private static string Since(SlotState state)
        => state.FailingSince.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
