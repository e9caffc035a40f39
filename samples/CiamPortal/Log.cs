namespace CiamPortal;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "The portal's authority: {Authority}")]
    public static partial void PortalIsReady(this ILogger logger, Uri authority);

    // The query is not logged, because a client may have put a secret in it by mistake.
    [LoggerMessage(2, LogLevel.Information, "{Method} {Path}: {StatusCode}")]
    public static partial void RequestCompleted(this ILogger logger, string method, PathString path, int statusCode);

    [LoggerMessage(3, LogLevel.Information, "{Method} {Path}: connection closed without a complete response")]
    public static partial void ConnectionClosed(this ILogger logger, string method, PathString path);

    [LoggerMessage(4, LogLevel.Information, "{Method} {Path}: the client closed the connection")]
    public static partial void ClientDisconnected(this ILogger logger, string method, PathString path);

    [LoggerMessage(5, LogLevel.Error, "{Method} {Path} failed in the server itself")]
    public static partial void RequestFailed(this ILogger logger, Exception exception, string method, PathString path);

    [LoggerMessage(6, LogLevel.Information, "Created a certificate: {Certificate}. Clients trust it with this file.")]
    public static partial void CertificateCreated(this ILogger logger, string certificate);

    [LoggerMessage(7, LogLevel.Information, "Created a signing key: {SigningKey}")]
    public static partial void SigningKeyCreated(this ILogger logger, string signingKey);
}
