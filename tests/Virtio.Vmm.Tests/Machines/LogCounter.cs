using Microsoft.Extensions.Logging;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>Counts the lines of the log.</summary>
internal sealed class LogCounter : ILogger
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Interlocked.Increment(ref _count);
}
