using Microsoft.Extensions.Logging;

namespace Virtio.Cli;

/// <summary>The machine's messages as lines on standard error: those of a level and above, everything when details are wanted.</summary>
/// <param name="least">The level.</param>
/// <param name="prefix">What each message begins with.</param>
internal sealed class StandardErrorLogger(LogLevel least = LogLevel.Warning, string prefix = "") : ILogger
{
    // How the machine ended is what the run itself says last, in its own words; said twice it would look like two things.
    private static readonly string[] Repeated = ["Panicked", "Failed"];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= (StandardError.WantsDetails ? LogLevel.Debug : least);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
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
