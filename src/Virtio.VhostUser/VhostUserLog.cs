using Microsoft.Extensions.Logging;
using Virtio.Devices;

namespace Virtio.VhostUser;

/// <summary>The log messages about front-ends.</summary>
internal static partial class VhostUserLog
{
    [LoggerMessage(2001, LogLevel.Information, "{Device}: waiting for a front-end at {Place}")]
    internal static partial void Waiting(ILogger logger, DeviceId device, string place);

    [LoggerMessage(2002, LogLevel.Information, "{Device}: a front-end has connected")]
    internal static partial void Connected(ILogger logger, DeviceId device);

    [LoggerMessage(2003, LogLevel.Information, "{Device}: the front-end has gone")]
    internal static partial void Gone(ILogger logger, DeviceId device);

    [LoggerMessage(2004, LogLevel.Warning, "{Device}: the connection to the front-end has ended: {Reason}")]
    internal static partial void Lost(ILogger logger, DeviceId device, string reason, Exception? exception);

    [LoggerMessage(2005, LogLevel.Warning, "refused a request of the front-end: {What}")]
    internal static partial void Refused(ILogger logger, string what, Exception? exception);

    [LoggerMessage(2006, LogLevel.Error, "{Device} needs a reset: {Reason}")]
    internal static partial void DeviceFailed(ILogger logger, DeviceId device, string reason, Exception? exception);

    [LoggerMessage(2007, LogLevel.Debug, "{Device}: {Request}")]
    internal static partial void Request(ILogger logger, DeviceId device, Protocol.FrontendRequest request);

    [LoggerMessage(2008, LogLevel.Debug, "{Device}: ring {Index} {What}")]
    internal static partial void Ring(ILogger logger, DeviceId device, int index, string what);

    [LoggerMessage(2009, LogLevel.Information, "{Device}: ring {Index} resumes {Count} requests that an earlier back-end left in flight")]
    internal static partial void Resumed(ILogger logger, DeviceId device, int index, int count);

    [LoggerMessage(2010, LogLevel.Information, "too many messages: from here on one is logged every {Seconds} s")]
    internal static partial void Paced(ILogger logger, double seconds);

    [LoggerMessage(
        2011,
        LogLevel.Warning,
        "{Device}: ring {Index} ({Size} descriptors) exceeds the in-flight record; requests may be lost if this back-end dies")]
    internal static partial void Unrecorded(ILogger logger, DeviceId device, int index, uint size);

    [LoggerMessage(
        2012,
        LogLevel.Warning,
        "{Device}: requests of ring {Index} did not end within {Seconds} s of its stop; they are cancelled, and the guest gets errors")]
    internal static partial void Cancelled(ILogger logger, DeviceId device, int index, double seconds);

    [LoggerMessage(
        2013,
        LogLevel.Error,
        "{Device}: requests of ring {Rings} did not end after they were cancelled; their memory is detached from the guest until they do")]
    internal static partial void Abandoned(ILogger logger, DeviceId device, string rings);
}
