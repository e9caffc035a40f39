using TencentCiam.TokenClient.Telemetry;

namespace TencentCiam.TokenClient.Caching;

/// <summary>Chooses what is logged and measured for an attempt, and for the acquisition if the attempt ends it.</summary>
internal static class AcquisitionLog
{
    public static void Write(
        ClientContext client,
        string scope,
        string requestedScope,
        AcquisitionReason acquisitionReason,
        int attempt,
        TimeSpan? duration,
        CiamTokenResult result,
        AttemptOutcome outcome)
    {
        // Null if no request was made: the token came from another instance, or the client has no options.
        if (duration is { } measured)
        {
            client.Metrics.RequestEnded(measured, client.NameInMetrics, acquisitionReason, (result as CiamTokenResult.Failure)?.Error);
        }

        var (logger, name, reason) = (client.Logger, client.Name, Describe(acquisitionReason));
        if (result.TryGetToken(out var token, out var error))
        {
            reason = duration is null ? $"{reason}, from the shared cache" : reason;

            // Null if the token was acquired with options that are no longer in effect.
            if (outcome.Schedule is { } schedule)
            {
                Log.TokenAcquired(
                    logger,
                    name,
                    Describe(scope),
                    reason,
                    Math.Round(schedule.Lifetime.TotalSeconds),
                    Math.Round(schedule.RefreshAfter.TotalSeconds));
                if (outcome.HadFailed)
                {
                    Log.Recovered(logger, name, Describe(scope));
                }

                Warn(client, requestedScope, token, schedule);
            }
        }
        else if (outcome.Pause is { } pause)
        {
            Log.AttemptFailed(logger, name, attempt, Describe(scope), Math.Round(pause.TotalSeconds, 1), error.Message);
        }
        else if (outcome.HadFailed)
        {
            Log.StillFailing(logger, name, Describe(scope), reason, error.Message);
        }
        else if (outcome.IsAwaited)
        {
            CallersFail(client, scope, acquisitionReason, error);
        }
        else if (acquisitionReason != AcquisitionReason.Refresh)
        {
            Log.BackgroundAcquisitionFailed(logger, error.Cause, name, Describe(scope), reason, error.Message);
        }
        else
        {
            Log.RefreshFailed(logger, error.Cause, name, Describe(scope), error.Message);
        }
    }

    /// <summary>Logs the first failure of callers, from the acquisition that they waited for or from an earlier one.</summary>
    public static void CallersFail(ClientContext client, string scope, AcquisitionReason reason, CiamTokenError error)
        => Log.AcquisitionFailed(client.Logger, error.Cause, client.Name, Describe(scope), Describe(reason), error.Message);

    private static void Warn(ClientContext client, string scope, CiamAccessToken token, RefreshSchedule schedule)
    {
        var (logger, name) = (client.Logger, client.Name);
        if (schedule.IsCapped && client.IsFirst(nameof(Log.WindowCapped)))
        {
            Log.WindowCapped(logger, name, Math.Round(schedule.Lifetime.TotalSeconds));
        }

        if (token.ClockDifference is { } difference
            && difference.Duration() > schedule.Lifetime - schedule.AttachFor
            && client.IsFirst(nameof(Log.ClocksDiffer)))
        {
            Log.ClocksDiffer(
                logger, name, Math.Round(difference.Duration().TotalSeconds), difference < TimeSpan.Zero ? "behind" : "ahead of");
        }

        // Compared as sets: the order is the portal's own, see docs/portal-behaviour.md.
        if (token.Scope is { } granted)
        {
            var missing = string.Join(' ', scope.Split(' ').Except(granted.Split(' '), StringComparer.Ordinal));
            if (missing.Length > 0 && client.IsFirst($"{nameof(Log.ScopeNotGranted)} {missing}"))
            {
                Log.ScopeNotGranted(logger, name, missing, scope);
            }
        }
    }

    private static string Describe(string scope) => scope.Length == 0 ? "the default scope" : $"the scope \"{scope}\"";

    private static string Describe(AcquisitionReason reason) => reason switch
    {
        AcquisitionReason.Cold => "first token",
        AcquisitionReason.Refresh => "refresh",
        AcquisitionReason.Expired => "token expired",
        _ => "token rejected",
    };
}
