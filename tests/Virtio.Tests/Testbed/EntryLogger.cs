using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Virtio.Tests.Testbed;

/// <summary>Keeps the entries of one event of a log, with their exceptions.</summary>
internal sealed class EntryLogger : ILogger
{
    private readonly ConcurrentQueue<(int Id, string Text, Exception? Exception)> _entries = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _entries.Enqueue((eventId.Id, formatter(state, exception), exception));

    internal (string Text, Exception? Exception)[] Of(int id) =>
        [.. _entries.Where(entry => entry.Id == id).Select(entry => (entry.Text, entry.Exception))];
}
