using Microsoft.Extensions.Logging;

namespace Virtio.Devices;

internal static partial class QueueWorkerLog
{
    [LoggerMessage(
        901,
        LogLevel.Warning,
        "the stop of queue {Queue} ({Worker}) has waited for {Seconds} s: the device must still complete {Count} chains ({Chains})")]
    internal static partial void StopIsSlow(ILogger logger, int queue, string worker, double seconds, int count, string chains);
}
