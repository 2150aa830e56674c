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

    private ushort _available;
    private ushort _told;
    private ushort _used;

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

        // What was offered must be visible before the device's wish is read.
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

        // The wish must be visible before the ring is looked at again.
        Interlocked.MemoryBarrier();
        return Device.ReadUInt16(IndexOffset) != _used;
    }

    // The place that was asked for lies behind.
    internal override void LeaveInterrupts()
    {
    }
}
