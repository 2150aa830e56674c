using Microsoft.Extensions.Logging;

namespace Virtio.Cli;

/// <summary>The machine's messages as lines on standard error: warnings and errors, everything when details are wanted.</summary>
internal sealed class StandardErrorLogger : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= (StandardError.WantsDetails ? LogLevel.Debug : LogLevel.Warning);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        StandardError.WriteMessage($"{(logLevel >= LogLevel.Error ? "error: " : logLevel == LogLevel.Warning ? "warning: " : "")}{formatter(state, exception)}");
        if (exception is not null && StandardError.WantsDetails)
            StandardError.WriteLine(exception.ToString());
    }
}
