using Microsoft.Extensions.Logging;
using Virtio.Devices;

namespace Virtio.Transports;

internal static partial class TransportLog
{
    [LoggerMessage(101, LogLevel.Warning, "The {Device} device needs a reset: {Reason}")]
    internal static partial void DeviceFailed(ILogger logger, DeviceId device, string reason, Exception? exception);
}
