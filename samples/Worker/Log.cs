namespace Worker;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Got {Count} orders.")]
    public static partial void GotOrders(this ILogger logger, int count);

    [LoggerMessage(2, LogLevel.Error, "No token, and so no orders ({Code}). {Message}")]
    public static partial void TokenUnavailable(this ILogger logger, string code, string message);

    [LoggerMessage(3, LogLevel.Warning, "No orders.")]
    public static partial void GetOrdersFailed(this ILogger logger, Exception exception);
}
