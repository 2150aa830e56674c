using Microsoft.Extensions.Logging;

namespace Virtio.VhostUser;

/// <summary>
/// Passes on what is logged of front-ends, at the pace at which things happen to well-meaning ones: some at once, then one a minute. The others can connect, lie and break
/// their rings as often as they like; they must not be able to fill a log with it. Debugging is not limited. Thread-safe.
/// </summary>
internal sealed class PacedLogger(ILogger logger, TimeProvider time) : ILogger
{
    /// <summary>Messages that may come at once.</summary>
    internal const int Burst = 20;

    /// <summary>One more may come after this time.</summary>
    internal static readonly TimeSpan Pace = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long _since = time.GetTimestamp();
    private int _left = Burst;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
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
