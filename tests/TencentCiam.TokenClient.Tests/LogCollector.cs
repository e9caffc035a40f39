using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace TencentCiam.TokenClient.Tests;

/// <summary>Collects everything that is logged, from Trace up.</summary>
internal sealed class LogCollector : ILoggerProvider
{
    public ConcurrentQueue<LogEntry> Entries { get; } = new();

    public IEnumerable<LogEntry> Named(string eventName) => Entries.Where(entry => entry.EventName == eventName);

    public ILogger CreateLogger(string categoryName) => new Collector(categoryName, Entries);

    public void Dispose()
    {
    }

    internal sealed record LogEntry(
        string Category,
        LogLevel Level,
        int Id,
        string? EventName,
        string Message,
        Exception? Exception,
        IReadOnlyList<object?> Values);

    private sealed class Collector(string category, ConcurrentQueue<LogEntry> entries) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            entries.Enqueue(new LogEntry(category, LogLevel.Trace, 0, "Scope", state.ToString() ?? "", null, []));
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
            => entries.Enqueue(new LogEntry(
                category,
                logLevel,
                eventId.Id,
                eventId.Name,
                formatter(state, exception),
                exception,
                state is IEnumerable<KeyValuePair<string, object?>> values ? [.. values.Select(value => value.Value)] : []));
    }
}
