using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.VhostUser.Inflight;

namespace Virtio.VhostUser;

/// <summary>
/// The memory in which back-ends record what is in flight, as a front-end keeps it from one back-end to the next. It does not trust what is in there, and reads none of it.
/// For one thread at a time.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class InflightShare(SafeFileHandle file, ulong offset, ulong length, ushort queues, ushort size) : IDisposable
{
    // The rings' shares begin at whole cache lines.
    private const ulong LineSize = 64;

    // The number of descriptors, which a back-end may write only where it is given the memory.
    private const int SizeOffset = 10;
    private const int SizeLength = 2;

    internal SafeFileHandle File => file;

    internal ulong Offset => offset;

    internal ulong Length => length;

    internal ushort Queues => queues;

    internal ushort Size => size;

    /// <summary>Forgets what is recorded of a ring that was stopped with nothing in flight: its next life begins elsewhere.</summary>
    /// <exception cref="IOException">The memory is not what the back-end said.</exception>
    internal void Clear(int ring)
    {
        ulong share = length / queues & ~(LineSize - 1);
        if (share == 0)
            return;
        using SharedMemory memory = SharedMemory.Map(file, offset, length);

        // Not more than the longest record there is, whatever the back-end says.
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
