using Microsoft.Extensions.Logging;
using Virtio.Devices;

namespace Virtio.VhostUser;

/// <summary>The log messages about back-ends.</summary>
internal static partial class VhostUserDeviceLog
{
    [LoggerMessage(
        2101,
        LogLevel.Warning,
        "{Device}: the back-end at {Path} is lost: {Reason}; requests wait for it for up to {Seconds} s")]
    internal static partial void Lost(ILogger logger, DeviceId device, string path, string reason, double seconds, Exception exception);

    [LoggerMessage(2102, LogLevel.Information, "{Device}: the back-end at {Path} is back; requests in flight go on")]
    internal static partial void Back(ILogger logger, DeviceId device, string path);

    [LoggerMessage(
        2103,
        LogLevel.Error,
        "{Device}: the back-end at {Path} was away for {Seconds} s: {Reason}; until it is back, the driver's requests fail")]
    internal static partial void Failing(ILogger logger, DeviceId device, string path, double seconds, string reason, Exception exception);

    [LoggerMessage(
        2104,
        LogLevel.Warning,
        "{Device}: the record of ring {Index} cannot be cleared; requests are lost if the back-end dies")]
    internal static partial void RecordLost(ILogger logger, DeviceId device, int index, Exception exception);
}
