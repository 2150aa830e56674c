using Microsoft.Extensions.Logging;
using Virtio.Devices;

namespace Virtio.Transports;

internal static partial class TransportLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The {Device} device needs a reset: {Reason}")]
    internal static partial void DeviceFailed(ILogger logger, DeviceId device, string reason, Exception? exception);
}
