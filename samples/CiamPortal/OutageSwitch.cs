using System.Net;
using TencentCiam.TokenClient.Testing;

namespace CiamPortal;

/// <summary>Makes every token and revocation request fail, for programs that cannot call the emulator directly.</summary>
internal static class OutageSwitch
{
    public static IResult Begin(CiamPortalEmulator portal, int status, int? retryAfter)
    {
        if (status is < 400 or > 599 || retryAfter < 0)
        {
            return Results.BadRequest("status must be from 400 to 599; retryAfter must be a number of seconds, 0 or more.");
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
