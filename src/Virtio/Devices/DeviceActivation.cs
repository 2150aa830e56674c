using Microsoft.Extensions.Logging;

namespace Virtio.Devices;

/// <summary>What a device gets when its driver is ready, and how it speaks to its transport until the next reset. Thread-safe.</summary>
public sealed class DeviceActivation
{
    private readonly Action _configChanged;
    private readonly Action<string, Exception?> _fail;

    /// <summary>Made by a transport.</summary>
    /// <param name="features">All negotiated feature bits.</param>
    /// <param name="configChanged">Sends the configuration change notification.</param>
    /// <param name="fail">Sets DEVICE_NEEDS_RESET, and logs why a bounded number of times.</param>
    /// <param name="logger">Where the device logs.</param>
    public DeviceActivation(ulong features, Action configChanged, Action<string, Exception?> fail, ILogger logger)
    {
        Features = features;
        Logger = logger;
        _configChanged = configChanged;
        _fail = fail;
    }

    /// <summary>All negotiated feature bits, those of the device type included.</summary>
    public ulong Features { get; }

    /// <summary>Where the device logs. What a guest can cause is logged a bounded number of times.</summary>
    public ILogger Logger { get; }

    /// <summary>Tells the driver that configuration space changed (virtio 1.4, 2.5.2).</summary>
    public void NotifyConfigChanged() => _configChanged();

    /// <summary>Declares the device unusable until the driver resets it (virtio 1.4, 2.1.2): nothing is taken from any queue any more.</summary>
    /// <param name="reason">For the log: what went wrong.</param>
    /// <param name="exception">For the log: what it came from.</param>
    public void Fail(string reason, Exception? exception = null) => _fail(reason, exception);
}
