using Microsoft.Extensions.Logging;

namespace Virtio.Devices.Block;

/// <summary>
/// Logs the first errors of a disk. A guest can send any number of requests to a failing storage, and reset the disk in between; it must
/// not be able to fill the log that way. Thread-safe.
/// </summary>
internal sealed class BlockErrorLog
{
    private const int Limit = 20;

    // Errors so far, up to slightly more than the limit. Incremented atomically; resets of the device do not clear it.
    private int _count;

    internal void Add(ILogger logger, uint type, ulong sector, Exception exception)
    {
        // The counting ends at the limit. Otherwise the count would wrap in the end, and logging would start again.
        if (Volatile.Read(ref _count) >= Limit)
            return;
        int count = Interlocked.Increment(ref _count);
        if (count <= Limit)
            BlockLog.RequestFailed(logger, (BlockRequestType)type, sector, exception.Message, exception);
        if (count == Limit)
            BlockLog.NoFurtherErrors(logger);
    }
}
