using Microsoft.Extensions.Logging;

namespace Virtio.Testing;

/// <summary>
/// Passes a device's log on and keeps the first failure in it: the exception of the device or its storage. Once the test has been shown a
/// failure, the next one replaces it. Thread-safe.
/// </summary>
internal sealed class FailureRecorder(ILogger logger) : ILogger
{
    private readonly Lock _gate = new();
    private DeviceFailure? _failure;
    private bool _isShown;

    /// <summary>The failure, if there is one. It counts as shown from now on.</summary>
    internal DeviceFailure? Show()
    {
        lock (_gate)
        {
            _isShown = true;
            return _failure;
        }
    }

    /// <summary>
    /// A failure that the test has not been shown and that the driver was not told of. Excludes <see cref="IOException"/>, the regular way
    /// in which a storage reports an error, and cancellations.
    /// </summary>
    internal DeviceFailure? TakeUnseen()
    {
        lock (_gate)
        {
            bool isUnseen = !_isShown && _failure is { Exception: not (null or IOException or OperationCanceledException) };
            return isUnseen ? Show() : null;
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error || logger.IsEnabled(logLevel);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        if (logLevel >= LogLevel.Error)
            Keep(new DeviceFailure(formatter(state, exception), exception));
        if (logger.IsEnabled(logLevel))
            logger.Log(logLevel, eventId, state, exception, formatter);
    }

    private void Keep(DeviceFailure failure)
    {
        lock (_gate)
        {
            if (_failure is not null && !_isShown)
                return;
            _failure = failure;
            _isShown = false;
        }
    }
}
