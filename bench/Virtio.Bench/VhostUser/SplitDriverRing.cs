using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.Bench.VhostUser;

/// <summary>A split ring (virtio 1.4, 2.7).</summary>
internal sealed class SplitDriverRing(GuestMemory memory, ulong address) : DriverRing(memory, address)
{
    private const int IndexOffset = 2;
    private const int EntriesOffset = 4;
    private const int UsedEventOffset = EntriesOffset + (Size * 2);
    private const int AvailableEventOffset = EntriesOffset + (Size * 8);

    // The driver's index in the available ring, and the next position in the used ring.
    private ushort _available;
    private ushort _used;

    // The value of _available at the last call of IsKickDue.
    private ushort _told;

    internal override uint Base => 0;

    internal override void Offer(int request, ulong table)
    {
        nuint descriptor = (nuint)(request * Descriptor.Size);
        Descriptors.WriteUInt64(descriptor, table);
        Descriptors.WriteUInt64(descriptor + 8, RequestTable.Length | ((ulong)DescriptorFlags.Indirect << 32));
        Driver.WriteUInt16(EntriesOffset + (_available % Size * 2), (ushort)request);
        Driver.WriteUInt16(IndexOffset, unchecked(++_available));
    }

    internal override bool IsKickDue()
    {
        ushort before = _told;
        _told = _available;

        // The offered requests must be visible before the device's event index is read.
        Interlocked.MemoryBarrier();
        return RingIndex.Crosses(Device.ReadUInt16(AvailableEventOffset), _available, before);
    }

    internal override bool TryCollect(out int request)
    {
        request = 0;
        if (Device.ReadUInt16(IndexOffset) == _used)
            return false;
        request = (int)Device.ReadUInt32(EntriesOffset + (_used % Size * 8));
        _used = unchecked((ushort)(_used + 1));
        return true;
    }

    internal override bool AskForInterrupt()
    {
        Driver.WriteUInt16(UsedEventOffset, _used);

        // The request for an interrupt must be visible before the ring is read again.
        Interlocked.MemoryBarrier();
        return Device.ReadUInt16(IndexOffset) != _used;
    }

    // The used ring has passed the requested event index, so the device sends no further interrupt.
    internal override void LeaveInterrupts()
    {
    }
}
