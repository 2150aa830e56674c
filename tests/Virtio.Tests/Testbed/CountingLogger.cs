using Microsoft.Extensions.Logging;

namespace Virtio.Tests.Testbed;

/// <summary>Counts the lines of a log and keeps the last one.</summary>
internal sealed class CountingLogger : ILogger
{
    private int _lines;

    internal int Lines => Volatile.Read(ref _lines);

    internal string Last { get; private set; } = "";

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Last = formatter(state, exception);
        Interlocked.Increment(ref _lines);
    }
}
