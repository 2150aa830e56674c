using Microsoft.Extensions.Logging;

namespace Virtio.Devices;

internal static partial class QueueLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The worker of queue {Queue} failed; the device needs a reset")]
    internal static partial void WorkerFailed(ILogger logger, int queue, Exception exception);
}
