using Microsoft.Extensions.Logging;

namespace Virtio.Devices;

/// <summary>
/// What a device receives when its driver is ready. The device calls its transport through it until the next reset. Thread-safe.
/// </summary>
public sealed class DeviceActivation
{
    private readonly Action _configChanged;
    private readonly Action<string, Exception?> _fail;

    /// <summary>Creates an activation; for transports.</summary>
    /// <param name="features">All negotiated feature bits.</param>
    /// <param name="configChanged">Sends the configuration change notification.</param>
    /// <param name="fail">Sets DEVICE_NEEDS_RESET, and logs the reason a bounded number of times.</param>
    /// <param name="logger">The device's logger.</param>
    public DeviceActivation(ulong features, Action configChanged, Action<string, Exception?> fail, ILogger logger)
    {
        Features = features;
        Logger = logger;
        _configChanged = configChanged;
        _fail = fail;
    }

    /// <summary>All negotiated feature bits, those of the device type included.</summary>
    public ulong Features { get; }

    /// <summary>The device's logger. A device logs events that a guest can cause a bounded number of times.</summary>
    public ILogger Logger { get; }

    /// <summary>Notifies the driver that the configuration space has changed (virtio 1.4, 2.5.2).</summary>
    public void NotifyConfigChanged() => _configChanged();

    /// <summary>
    /// Declares the device unusable until the driver resets it (virtio 1.4, 2.1.2): no chain is taken from any queue any more.
    /// </summary>
    /// <param name="reason">What went wrong, for the log.</param>
    /// <param name="exception">The cause, for the log.</param>
    public void Fail(string reason, Exception? exception = null) => _fail(reason, exception);
}
