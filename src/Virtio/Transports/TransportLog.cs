using Microsoft.Extensions.Logging;
using Virtio.Devices;

namespace Virtio.Transports;

internal static partial class TransportLog
{
    [LoggerMessage(101, LogLevel.Error, "the {Device} device needs a reset: {Reason}")]
    internal static partial void DeviceFailed(ILogger logger, DeviceId device, string reason, Exception? exception);

    [LoggerMessage(102, LogLevel.Warning, "the {Device} device does not serve its driver: {Reason}")]
    internal static partial void DriverRefused(ILogger logger, DeviceId device, string reason);
}
