using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.Telemetry;

/// <summary>What is logged of an attempt, and of the acquisition that it ends.</summary>
internal static class AcquisitionLog
{
    public static void Write(
        ClientContext source,
        string scope,
        TokenAcquisition acquisition,
        int attempt,
        CiamTokenResult result,
        AttemptOutcome settled)
    {
        var (logger, client) = (source.Logger, source.ClientName);
        if (result.TryGetToken(out var token, out var error))
        {
            // None where the token was for options that are no longer in force.
            if (settled.Schedule is { } schedule)
            {
                Log.TokenAcquired(logger, client, scope, acquisition.Reason, schedule.Life, schedule.RefreshAfter);
                if (settled.HadFailed)
                {
                    Log.Recovered(logger, client, scope);
                }

                Warn(source, scope, token, schedule);
            }
        }
        else if (settled.Pause is { } pause)
        {
            Log.AttemptFailed(logger, client, scope, attempt, pause, error.Message);
        }
        else if (settled.HadFailed)
        {
            Log.StillFailing(logger, client, scope, acquisition.Reason, error.Message);
        }
        else if (acquisition.IsAwaited)
        {
            CallersFail(source, scope, acquisition.Reason, error);
        }
        else
        {
            Log.RefreshFailed(logger, Cause(error), client, scope, error.Message);
        }
    }

    /// <summary>Callers begin to fail: with the acquisition that they waited for, or with what one before them had met.</summary>
    public static void CallersFail(ClientContext source, string scope, AcquisitionReason reason, CiamTokenError error)
        => Log.AcquisitionFailed(source.Logger, Cause(error), source.ClientName, scope, reason, error.Message);

    private static void Warn(ClientContext source, string scope, CiamAccessToken token, RefreshSchedule schedule)
    {
        var (logger, client) = (source.Logger, source.ClientName);
        if (schedule.IsCapped && source.IsFirst(nameof(Log.WindowCapped)))
        {
            Log.WindowCapped(logger, client, schedule.Life);
        }

        if (token.ClockDifference is { } difference
            && difference.Duration() > schedule.Life - schedule.AttachFor
            && source.IsFirst(nameof(Log.ClocksDiffer)))
        {
            Log.ClocksDiffer(logger, client, difference);
        }

        // The order is the server's own: compared as sets [S].
        if (token.Scope is { } granted && scope.Length > 0)
        {
            var missing = string.Join(' ', scope.Split(' ').Except(granted.Split(' '), StringComparer.Ordinal));
            if (missing.Length > 0 && source.IsFirst($"{nameof(Log.ScopeNotGranted)} {missing}"))
            {
                Log.ScopeNotGranted(logger, client, scope, missing);
            }
        }
    }

    private static Exception? Cause(CiamTokenError error) => (error as CiamTokenError.EndpointUnavailable)?.Exception;
}
