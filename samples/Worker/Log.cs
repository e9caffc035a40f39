namespace Worker;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Received {Count} orders.")]
    public static partial void GotOrders(this ILogger logger, int count);

    [LoggerMessage(2, LogLevel.Error, "Could not get the orders: no token is available ({Code}). {Message}")]
    public static partial void TokenUnavailable(this ILogger logger, string code, string message);

    [LoggerMessage(3, LogLevel.Warning, "Could not get the orders.")]
    public static partial void GetOrdersFailed(this ILogger logger, Exception exception);
}
