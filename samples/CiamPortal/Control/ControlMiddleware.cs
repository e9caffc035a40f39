using System.Net;

namespace CiamPortal.Control;

/// <summary>Decides who may use the control API, and explains requests that it cannot read.</summary>
internal static class ControlMiddleware
{
    public static async Task InvokeAsync(HttpContext context, RequestDelegate next, ControlAccess access)
    {
        if (!context.Request.Path.StartsWithSegments(ControlApi.Prefix))
        {
            await next(context);
            return;
        }

        if (!IsPermitted(context, access))
        {
            await RespondAsync(
                context,
                StatusCodes.Status403Forbidden,
                "The control API takes calls only from programs on this machine (--control any: from every machine), never from web "
                + "pages.");
            return;
        }

        try
        {
            await next(context);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await RespondAsync(context, e.StatusCode, e.InnerException?.Message ?? e.Message);
        }
        catch (NotSupportedException) when (!context.Response.HasStarted)
        {
            // What the JSON serializer throws if it does not know which fault to read.
            await RespondAsync(context, StatusCodes.Status400BadRequest, "The member \"fault\" is missing.");
        }
    }

    // The API has no passwords, so it trusts only this machine by default. A web page in a browser on this machine does not count:
    // it sends an origin, or a host name that its owner pointed to this machine.
    private static bool IsPermitted(HttpContext context, ControlAccess access)
        => context.Request.Headers.Origin.Count == 0
            && (access == ControlAccess.Any
                || (context.Connection.RemoteIpAddress is { } client && IPAddress.IsLoopback(client)
                    && IsLoopback(context.Request.Host.Host)));

    private static bool IsLoopback(string host)
        => host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static Task RespondAsync(HttpContext context, int status, string message)
        => Results.Json(new ControlError(message), statusCode: status).ExecuteAsync(context);
}
