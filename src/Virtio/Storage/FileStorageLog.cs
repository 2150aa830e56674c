using Microsoft.Extensions.Logging;

namespace Virtio.Storage;

internal static partial class FileStorageLog
{
    // Logged once per storage: after the first failure nothing is flushed any more.
    [LoggerMessage(1001, LogLevel.Error, "flush of '{Path}' failed, and so will every later one until it is opened again: {Reason}")]
    public static partial void FlushFailed(ILogger logger, string path, string reason, Exception? exception);
}
