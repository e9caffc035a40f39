using System.Diagnostics;
using TencentCiam.TokenClient.Caching;

namespace TencentCiam.TokenClient.Telemetry;

/// <summary>
/// One Activity per acquisition, with all its attempts. It has no parent, because it serves more than one caller. A listener
/// that throws loses the Activity, and nothing else.
/// </summary>
internal static class Activities
{
    private static readonly ActivitySource Source = new(Log.Category);

    public static Activity? StartAcquisition(string client, AcquisitionReason reason)
    {
        try
        {
            return Source.StartActivity(
                "ciam.token.acquire",
                ActivityKind.Internal,
                parentContext: default,
                [new("ciam.client", client), new("ciam.token.request.reason", Metrics.Name(reason))]);
        }
#pragma warning disable CA1031 // The user's listeners may throw anything.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    /// <summary>
    /// Links a caller that has waited to the acquisition. From the caller's side, because a trace is read where it is slow, and
    /// because the callers are not known when the acquisition starts. At the end of the wait, when the acquisition has started.
    /// </summary>
    public static void LinkTo(this Activity? caller, Activity? acquisition)
    {
        if (caller is not null && acquisition is { IdFormat: ActivityIdFormat.W3C })
        {
            caller.AddLink(new ActivityLink(acquisition.Context));
        }
    }

    /// <summary>Sets how long it took, because <see cref="End"/> is called later, beside the acquisition.</summary>
    public static void SetDuration(this Activity? activity, TimeSpan duration)
        => activity?.SetEndTime(activity.StartTimeUtc + duration);

    public static void End(this Activity? activity, CiamTokenError? error)
    {
        try
        {
            if (error is not null)
            {
                activity?.SetTag("error.type", error.Code).SetStatus(ActivityStatusCode.Error, error.Message);
            }

            activity?.Stop();
        }
#pragma warning disable CA1031 // The user's listeners may throw anything.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
