using Microsoft.Extensions.Logging;

namespace Virtio.Cli;

/// <summary>Writes log messages to standard error: those of a level and above, all where the user wants details.</summary>
/// <param name="least">The level.</param>
/// <param name="prefix">Written before each message.</param>
internal sealed class StandardErrorLogger(LogLevel least = LogLevel.Warning, string prefix = "") : ILogger
{
    // The run itself reports last how the machine ended. These log messages say the same, and would look like a second fault.
    private static readonly string[] Repeated = ["Panicked", "Failed"];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= (StandardError.WantsDetails ? LogLevel.Debug : least);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel) || (!StandardError.WantsDetails && Repeated.Contains(eventId.Name)))
            return;
        string message = prefix + formatter(state, exception);
        if (logLevel >= LogLevel.Error)
            StandardError.WriteError(message);
        else if (logLevel == LogLevel.Warning)
            StandardError.WriteWarning(message);
        else
            StandardError.WriteMessage(message);
        if (exception is not null && StandardError.WantsDetails)
            StandardError.WriteLine(exception.ToString());
    }
}
