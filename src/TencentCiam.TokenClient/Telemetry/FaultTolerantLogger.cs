using Microsoft.Extensions.Logging;

namespace TencentCiam.TokenClient.Telemetry;

/// <summary>
/// A logger that never throws: a failure to log must not make a call fail. .NET's own loggers throw what their providers throw.
/// </summary>
internal sealed class FaultTolerantLogger(ILogger logger) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return logger.IsEnabled(logLevel);
        }
#pragma warning disable CA1031 // The user's logging providers may throw anything.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        try
        {
            logger.Log(logLevel, eventId, state, exception, formatter);
        }
#pragma warning disable CA1031 // The user's logging providers may throw anything.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
