using Microsoft.AspNetCore.WebUtilities;

namespace CiamPortal;

/// <summary>Logs each request with what was sent, and responds to failures of the server itself as Spring Boot does.</summary>
internal static class RequestPipeline
{
    public static async Task InvokeAsync(HttpContext context, RequestDelegate next, ILogger logger, TimeProvider clock)
    {
        var (method, path) = (context.Request.Method, context.Request.Path);
        try
        {
            await next(context);
            if (HandlerEndpoint.HasAborted(context))
            {
                logger.ConnectionClosed(method, path);
            }
            else if (path != "/health")
            {
                logger.RequestCompleted(method, path, context.Response.StatusCode);
            }
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            logger.ClientDisconnected(method, path);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await RespondAsync(context, e.StatusCode, clock);
            logger.RequestCompleted(method, path, e.StatusCode);
        }
        catch (Exception e)
        {
            logger.RequestFailed(e, method, path);
            if (context.Response.HasStarted)
            {
                context.Abort();
                logger.ConnectionClosed(method, path);
                return;
            }

            await RespondAsync(context, StatusCodes.Status500InternalServerError, clock);
            logger.RequestCompleted(method, path, StatusCodes.Status500InternalServerError);
        }
    }

    // The body of Spring Boot: see docs/portal-behaviour.md.
    private static Task RespondAsync(HttpContext context, int status, TimeProvider clock)
    {
        context.Response.Clear();
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(
            new
            {
                Timestamp = clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'+00:00'"),
                Status = status,
                Error = ReasonPhrases.GetReasonPhrase(status),
                Path = context.Request.Path.Value,
            },
            options: null,
            "application/json");
    }
}
