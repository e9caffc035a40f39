using System.Net;
using TencentCiam.TokenClient.Testing;

namespace CiamPortal;

/// <summary>Has every token and revocation request meet an error: for programs that cannot call the emulator itself.</summary>
internal static class OutageSwitch
{
    public static IResult Begin(CiamPortalEmulator portal, int status, int? retryAfter)
    {
        if (status is < 400 or > 599 || retryAfter < 0)
        {
            return Results.BadRequest("status is from 400 to 599, and retryAfter a number of seconds.");
        }

        var wait = retryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null;
        portal.Outage = status == 503
            ? CiamPortalFault.TemporarilyUnavailable(wait)
            : CiamPortalFault.Respond((HttpStatusCode)status, retryAfter: wait);
        return Results.NoContent();
    }

    public static IResult End(CiamPortalEmulator portal)
    {
        portal.Outage = null;
        return Results.NoContent();
    }
}
