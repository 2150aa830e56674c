using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.Bench.VhostUser;

/// <summary>A packed ring (virtio 1.4, 2.8).</summary>
internal sealed class PackedDriverRing(GuestMemory memory, ulong address) : DriverRing(memory, address)
{
    private const int RestOffset = 8;
    private const uint Disable = 1 << 16;
    private const uint AtPlace = 2 << 16;
    private const ulong Wrap = 0x8000;
    private const ulong AvailableFlag = 1UL << 55;
    private const ulong UsedFlag = 1UL << 63;

    // Both indexes count up without end; the bit above the position in the ring is the wrap counter, inverted.
    private uint _available;
    private uint _used;

    // The value of _available at the last call of IsKickDue.
    private uint _told;

    internal override uint Base => 0x8000_8000;

    internal override void Offer(int request, ulong table)
    {
        nuint descriptor = At(_available);
        Descriptors.WriteUInt64(descriptor, table);
        ulong flags = ((ulong)DescriptorFlags.Indirect << 48) | (IsFirst(_available) ? AvailableFlag : UsedFlag);
        Descriptors.WriteUInt64(descriptor + RestOffset, RequestTable.Length | ((ulong)request << 32) | flags);
        _available = unchecked(_available + 1);
    }

    internal override bool IsKickDue()
    {
        uint offered = unchecked(_available - _told);
        _told = _available;

        // The offered requests must be visible before the device's event suppression area is read.
        Interlocked.MemoryBarrier();
        uint wish = Device.ReadUInt32(0);
        if (wish >> 16 != AtPlace >> 16)
            return wish >> 16 != Disable >> 16;

        // The distance from the position of the requested event back from the next position, in a ring of twice the size, in which each
        // position has its own wrap counter.
        uint wanted = (wish & 0x7fff) | ((wish & (uint)Wrap) != 0 ? 0 : (uint)Size);
        return unchecked(_available - 1 - wanted) % (2 * Size) < offered;
    }

    internal override bool TryCollect(out int request)
    {
        request = 0;
        ulong word = Descriptors.ReadUInt64(At(_used) + RestOffset);
        if (!IsUsed(word))
            return false;
        request = (int)(word >> 32 & 0xffff);
        _used = unchecked(_used + 1);
        return true;
    }

    internal override bool AskForInterrupt()
    {
        Driver.WriteUInt32(0, (_used % Size) | (IsFirst(_used) ? (uint)Wrap : 0) | AtPlace);

        // The request for an interrupt must be visible before the ring is read again.
        Interlocked.MemoryBarrier();
        return IsUsed(Descriptors.ReadUInt64(At(_used) + RestOffset));
    }

    internal override void LeaveInterrupts() => Driver.WriteUInt32(0, Disable);

    private static nuint At(uint place) => place % Size * Descriptor.Size;

    private static bool IsFirst(uint place) => (place & Size) == 0;

    private bool IsUsed(ulong word) => (word & (AvailableFlag | UsedFlag)) == (IsFirst(_used) ? AvailableFlag | UsedFlag : 0);
}
