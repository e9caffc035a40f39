namespace CiamPortal;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "The portal's authority: {Authority}")]
    public static partial void PortalIsReady(this ILogger logger, Uri authority);

    // The query is not logged, because a client may have put a secret in it by mistake.
    [LoggerMessage(2, LogLevel.Information, "{Method} {Path}: {StatusCode}")]
    public static partial void RequestCompleted(this ILogger logger, string method, PathString path, int statusCode);
}
