using System.Runtime.CompilerServices;
using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>
/// The packed layout (virtio 1.4, 2.8): one ring of descriptors that driver and device both write. The AVAILABLE and USED flags, compared
/// with two wrap counters, say which side owns a descriptor.
/// </summary>
internal sealed partial class PackedRing : RingLayout
{
    /// <summary>Bytes of an event suppression structure: 16 bits of position, 16 bits of flags.</summary>
    internal const int EventSize = 4;

    private const uint EventEnable = 0;
    private const uint EventDisable = 1;
    private const uint EventAtPosition = 2;
    private const ushort EventWrapBit = 1 << 15;
    private const uint AvailableAndUsed = (uint)(DescriptorFlags.Available | DescriptorFlags.Used);
    private const uint Next = (uint)DescriptorFlags.Next;
    private const uint Write = (uint)DescriptorFlags.Write;
    private const uint Indirect = (uint)DescriptorFlags.Indirect;

    private readonly GuestMemory _memory;
    private readonly RingArea _descriptors;
    private readonly RingArea _driverEvent;
    private readonly RingArea _deviceEvent;

    // The ring's size in descriptors.
    private readonly int _size;

    // The ring's size in bytes. Positions are in bytes too: a descriptor starts at its position with the 8-byte address, and the word of
    // length, id and flags follows.
    private readonly nuint _length;
    private readonly bool _eventIndex;
    private readonly bool _indirect;

    // The mutable state belongs to the queue's thread.

    // Position of the next descriptor to take, in bytes, below _length.
    private nuint _available;

    // The AVAILABLE and USED flags that an available descriptor there has: AVAILABLE alone while the wrap counter is 1, else USED alone.
    private uint _availableFlags;

    // Position of the next used descriptor to write, in bytes, below _length.
    private nuint _used;

    // The AVAILABLE and USED flags to write there: both while the wrap counter is 1, else none.
    private uint _usedFlags;

    private PackedRing(GuestMemory memory, QueueConfig config, RingArea descriptors, RingArea driverEvent, RingArea deviceEvent)
    {
        _memory = memory;
        _descriptors = descriptors;
        _driverEvent = driverEvent;
        _deviceEvent = deviceEvent;
        _size = (int)config.Size;
        _length = config.Size * Descriptor.Size;
        _eventIndex = config.Features.HasFlag(VirtioFeatures.EventIndex);
        _indirect = config.Features.HasFlag(VirtioFeatures.IndirectDescriptors);
        _available = (uint)config.State.NextAvailable * Descriptor.Size;
        _availableFlags = (uint)(config.State.AvailableWrap ? DescriptorFlags.Available : DescriptorFlags.Used);
        _used = (uint)config.State.NextUsed * Descriptor.Size;
        _usedFlags = config.State.UsedWrap ? AvailableAndUsed : 0;
    }

    internal static bool TryCreate(GuestMemory memory, QueueConfig config, out PackedRing? ring)
    {
        ring = null;
        ulong size = (ulong)config.Size * Descriptor.Size;
        if (!RingArea.TryResolve(memory, config.DescriptorArea, size, 16, out RingArea descriptors)
            || !RingArea.TryResolve(memory, config.DriverArea, EventSize, 4, out RingArea driverEvent)
            || !RingArea.TryResolve(memory, config.DeviceArea, EventSize, 4, out RingArea deviceEvent)
            || RingArea.Overlap(config.DescriptorArea, size, config.DriverArea, EventSize)
            || RingArea.Overlap(config.DescriptorArea, size, config.DeviceArea, EventSize)
            || RingArea.Overlap(config.DriverArea, EventSize, config.DeviceArea, EventSize)
            || config.State.NextAvailable >= config.Size
            || config.State.NextUsed >= config.Size)
            return false;
        ring = new PackedRing(memory, config, descriptors, driverEvent, deviceEvent);
        return true;
    }

    internal override bool HasAvailable => (FlagsAt(_available) & AvailableAndUsed) == _availableFlags;

    internal override QueueState State => new(NextAvailable, AvailableWrap, NextUsed, UsedWrap);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal override void PutUsed(ushort id, uint written, int chains, int descriptors)
    {
        // In a used descriptor WRITE says that the length is valid (virtio 1.4, 2.8.13). It is left out when nothing was written.
        uint flags = (written > 0 ? Write : 0) | _usedFlags;
        ulong word = written | ((ulong)id << 32) | ((ulong)flags << 48);

        // One release store writes id, length and flags, so the driver never sees the flags without the rest (virtio 1.4, 2.8.6.1). It is
        // done per chain, so that a polling driver does not wait for the rest of a batch.
        nuint position = _used;
        _descriptors.WriteUInt64(WordOf(position), word);
        Untold = unchecked(Untold + descriptors);
        position = unchecked(position + ((uint)descriptors * Descriptor.Size));
        if (position >= _length)
        {
            position = unchecked(position - _length);
            _usedFlags ^= AvailableAndUsed;
        }

        _used = position;
    }

    internal override bool Publish()
    {
        int added = Untold;
        Untold = 0;

        // The used descriptor must be visible before the driver's event suppression is read. Otherwise the driver could enable interrupts,
        // see nothing used and sleep, while the device reads the old event suppression and sends no interrupt. x64 does reorder this store
        // and this load.
        Interlocked.MemoryBarrier();
        return DriverWantsInterrupt(added);
    }

    internal override void SuppressKicks() => _deviceEvent.WriteUInt32(0, EventDisable << 16);

    internal override bool RequestKicks()
    {
        uint position = NextAvailable | (AvailableWrap ? EventWrapBit : 0u);
        _deviceEvent.WriteUInt32(0, _eventIndex ? position | (EventAtPosition << 16) : EventEnable << 16);

        // The device's event suppression must be visible before the ring is read again. Otherwise the driver could make a chain available
        // and read "disabled", while the device reads an empty ring.
        Interlocked.MemoryBarrier();
        return HasAvailable;
    }

    private ushort NextAvailable => unchecked((ushort)(_available / Descriptor.Size));

    private bool AvailableWrap => _availableFlags == (uint)DescriptorFlags.Available;

    private ushort NextUsed => unchecked((ushort)(_used / Descriptor.Size));

    private bool UsedWrap => _usedFlags != 0;

    // Valid where _available equals _used. Then either all descriptors are in flight and the two wrap counters differ, or none is and they
    // agree.
    private bool IsFull => ((_availableFlags ^ _usedFlags) & (uint)DescriptorFlags.Available) != 0;

    private bool DriverWantsInterrupt(int added)
    {
        uint word = _driverEvent.ReadUInt32(0);
        switch (word >> 16)
        {
            case EventDisable:
                return false;
            case EventAtPosition when _eventIndex && added < _size:
                int position = (ushort)(word & (EventWrapBit - 1u));
                bool wrap = (word & EventWrapBit) != 0;
                var wanted = unchecked((ushort)(wrap == UsedWrap ? position : position - _size));
                return RingIndex.Crosses(wanted, NextUsed, unchecked((ushort)(NextUsed - added)));
            default:
                return true;
        }
    }

    private static uint FlagsOf(ulong word) => unchecked((uint)(word >> 48));

    private static nuint WordOf(nuint position) => unchecked(position + sizeof(ulong));

    private uint FlagsAt(nuint position) => FlagsOf(_descriptors.ReadUInt64(WordOf(position)));
}
