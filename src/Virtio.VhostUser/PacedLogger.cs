using Microsoft.Extensions.Logging;

namespace Virtio.VhostUser;

/// <summary>
/// Limits how much is logged about front-ends: a burst at first, then one message a minute, which is enough for a well-behaved front-end. A
/// hostile front-end can reconnect, send malformed messages and break its rings without limit, and must not fill a log. Debug messages are
/// not limited. Thread-safe.
/// </summary>
internal sealed class PacedLogger(ILogger logger, TimeProvider time) : ILogger
{
    /// <summary>The most messages that may be logged at once.</summary>
    internal const int Burst = 20;

    /// <summary>After this time one more message may be logged.</summary>
    internal static readonly TimeSpan Pace = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();

    // When _left was last increased, as a timestamp. Under _gate.
    private long _since = time.GetTimestamp();

    // How many messages may still be logged now. Under _gate.
    private int _left = Burst;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!logger.IsEnabled(logLevel))
            return;
        bool isLast = false;
        if (logLevel >= LogLevel.Information && !TryTake(out isLast))
            return;
        logger.Log(logLevel, eventId, state, exception, formatter);
        if (isLast)
            VhostUserLog.Paced(logger, Pace.TotalSeconds);
    }

    private bool TryTake(out bool isLast)
    {
        lock (_gate)
        {
            int more = (int)Math.Min(Burst, time.GetElapsedTime(_since) / Pace);
            if (more > 0)
            {
                _left = Math.Min(Burst, _left + more);
                _since = time.GetTimestamp();
            }

            isLast = _left == 1;
            return _left > 0 && _left-- > 0;
        }
    }
}
