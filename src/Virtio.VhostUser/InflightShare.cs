using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.VhostUser.Inflight;

namespace Virtio.VhostUser;

/// <summary>
/// The front-end's side of the in-flight record: it keeps the memory from one back-end to the next. It never reads the contents, which a
/// back-end controls. Used by one thread at a time.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class InflightShare(SafeFileHandle file, ulong offset, ulong length, ushort queues, ushort size) : IDisposable
{
    // Each ring's record begins at a cache line.
    private const ulong LineSize = 64;

    // The number of descriptors. Clear keeps it: a back-end may write it only when it is given the memory.
    private const int SizeOffset = 10;
    private const int SizeLength = 2;

    internal SafeFileHandle File => file;

    internal ulong Offset => offset;

    internal ulong Length => length;

    internal ushort Queues => queues;

    internal ushort Size => size;

    /// <summary>
    /// Clears the record of a ring that was stopped with nothing in flight. The driver starts the ring at another position next time.
    /// </summary>
    /// <exception cref="IOException">The memory is not what the back-end said.</exception>
    internal void Clear(int ring)
    {
        ulong share = length / queues & ~(LineSize - 1);
        if (share == 0)
            return;
        using SharedMemory memory = SharedMemory.Map(file, offset, length);

        // The clearing is bounded by the longest record, not by the length that the back-end gave.
        ulong end = Math.Min(share, InflightRecord.LengthOf(size, packed: true));
        Span<byte> zeros = stackalloc byte[(int)LineSize];
        zeros.Clear();
        using GuestMemory access = GuestMemory.Of([new GuestMemoryRegion(0, (length + 4095) & ~4095UL, memory.Address)], () => { });
        ulong begin = share * (ulong)ring;
        access.TryWrite(begin, zeros[..SizeOffset]);
        for (ulong at = SizeOffset + SizeLength; at < end; at += LineSize)
            access.TryWrite(begin + at, zeros[..(int)Math.Min(LineSize, end - at)]);
    }

    public void Dispose() => file.Dispose();
}
