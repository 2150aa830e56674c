using Microsoft.Extensions.Logging;

namespace Virtio.Devices.Block;

/// <summary>
/// The first errors of a disk, for the log. A guest may send requests to failing storage without end, and reset the disk in between; it must not fill a
/// log with them. Thread-safe.
/// </summary>
internal sealed class BlockErrorLog
{
    private const int Limit = 20;

    private int _count;

    internal void Add(ILogger logger, uint type, ulong sector, Exception exception)
    {
        // Not counted any further: the count would wrap one day, and begin anew.
        if (Volatile.Read(ref _count) >= Limit)
            return;
        int count = Interlocked.Increment(ref _count);
        if (count <= Limit)
            BlockLog.RequestFailed(logger, (BlockRequestType)type, sector, exception.Message, exception);
        if (count == Limit)
            BlockLog.NoFurtherErrors(logger);
    }
}
