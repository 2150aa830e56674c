using System.Runtime.InteropServices;
using Virtio.Memory;

namespace Virtio.Testing;

/// <summary>The driver's side of a packed ring (virtio 1.4, 2.8). The raw members do what a correct driver never does.</summary>
public sealed class PackedDriverQueue : DriverQueue
{
    private const int EventSize = 4;
    private const uint Disable = 1u << 16;
    private const uint AtPosition = 2u << 16;
    private const uint FlagsMask = 3u << 16;
    private const uint WrapBit = 1u << 15;

    private readonly GuestBuffer _ring;
    private readonly GuestBuffer _driverEvent;
    private readonly GuestBuffer _deviceEvent;
    private readonly PackedChains _chains;
    private readonly IndirectTables _tables;
    private readonly OfferedOrder? _order;
    private readonly bool _eventIndex;

    // Number of slots that no chain in flight takes, and of slots made available since the last kick. Like the fields below, they belong
    // to the thread that uses the queue.
    private int _freeSlots;
    private int _slotsSinceKick;

    // Slot of the next chain and slot of the next used descriptor, each with the wrap counter that belongs to it.
    private int _nextAvailable;
    private bool _availableWrap = true;
    private int _nextUsed;
    private bool _usedWrap = true;

    internal PackedDriverQueue(MmioDriver driver, int index, int size)
        : base(driver, index, Allocate(driver.Bus.Allocator, size))
    {
        _ring = Buffer(Areas.Descriptor, size * PackedDescriptor.Size);
        _driverEvent = Buffer(Areas.Driver, EventSize);
        _deviceEvent = Buffer(Areas.Device, EventSize);
        _eventIndex = (driver.Features & (ulong)VirtioFeatures.EventIndex) != 0;
        _chains = new PackedChains(size);
        _tables = new IndirectTables(driver.Bus.Allocator, size);
        _order = (driver.Features & (ulong)VirtioFeatures.InOrder) != 0 ? new OfferedOrder(size) : null;
        _freeSlots = size;
    }

    /// <inheritdoc/>
    public override int Outstanding => _chains.Count;

    /// <summary>The slot that the next chain starts in.</summary>
    public int NextAvailable => _nextAvailable;

    /// <summary>The driver's wrap counter.</summary>
    public bool AvailableWrap => _availableWrap;

    /// <summary>The slot that the next used descriptor is expected in.</summary>
    public int NextUsed => _nextUsed;

    /// <summary>When the driver wants interrupts: position and wrap counter in the low half, flags in the high half.</summary>
    public uint DriverEvent
    {
        get => Volatile.Read(ref MemoryMarshal.AsRef<uint>(_driverEvent.Span));
        set => Volatile.Write(ref MemoryMarshal.AsRef<uint>(_driverEvent.Span), value);
    }

    /// <summary>When the device wants kicks: position and wrap counter in the low half, flags in the high half.</summary>
    public uint DeviceEvent
    {
        get => Volatile.Read(ref MemoryMarshal.AsRef<uint>(_deviceEvent.Span));
        set => Volatile.Write(ref MemoryMarshal.AsRef<uint>(_deviceEvent.Span), value);
    }

    /// <inheritdoc/>
    public override bool TryOffer(ReadOnlySpan<DriverBuffer> buffers, out ushort id, bool indirect = false)
    {
        CheckOffer(buffers);
        int slots = indirect ? 1 : buffers.Length;
        id = 0;
        if (slots > _freeSlots || !_chains.TryTake(slots, out id))
            return false;
        _order?.Add(id, buffers);
        ulong headWord = indirect ? WriteTable(buffers, id) : WriteChain(buffers, id);

        // The head last, with release semantics: once the device sees it, it sees the whole chain (virtio 1.4, 2.8.21).
        Volatile.Write(ref Word(_nextAvailable), headWord);
        Advance(slots);
        return true;
    }

    /// <inheritdoc/>
    public override bool TryCollect(out UsedBuffer used)
    {
        Driver.Bus.ThrowIfDisposed();
        if (_order is { InBatch: true })
            used = _order.Next();
        else if (!TryReadUsed(out used))
            return false;
        if (!_chains.TryTakeBack(used.Id, out int slots))
            throw new InvalidOperationException($"queue {Index}: the device completed id {used.Id}, which it does not have");
        _freeSlots += slots;
        Step(ref _nextUsed, ref _usedWrap, slots);
        return true;
    }

    /// <inheritdoc/>
    public override bool Kick()
    {
        int slots = _slotsSinceKick;
        if (slots == 0)
            return false;
        _slotsSinceKick = 0;

        // The chains must be visible before the device's event suppression is read. Otherwise driver and device could wait for each other.
        Interlocked.MemoryBarrier();
        if (!DeviceWantsKick(slots))
            return false;
        Driver.Notify((uint)Index);
        return true;
    }

    /// <inheritdoc/>
    public override void EnableInterrupts()
    {
        if (_eventIndex)
            EnableInterruptsAfter(0);
        else
            DriverEvent = 0;

        // The event suppression must be visible before the driver looks at the ring again.
        Interlocked.MemoryBarrier();
    }

    /// <inheritdoc/>
    public override void EnableInterruptsAfter(int slots)
    {
        CheckSlot(slots, "slots");
        int position = _nextUsed;
        bool wrap = _usedWrap;
        Step(ref position, ref wrap, slots);
        DriverEvent = (uint)position | (wrap ? WrapBit : 0) | AtPosition;
    }

    /// <inheritdoc/>
    public override void DisableInterrupts() => DriverEvent = Disable;

    /// <summary>
    /// Offers descriptors as they are, except that the AVAILABLE and USED bits follow the wrap counter. The id of the last one names the
    /// chain.
    /// </summary>
    public void OfferRaw(params ReadOnlySpan<PackedDescriptor> descriptors)
    {
        if (descriptors.IsEmpty)
            throw new ArgumentException("a chain has at least one descriptor", nameof(descriptors));
        int slot = _nextAvailable;
        bool wrap = _availableWrap;
        Step(ref slot, ref wrap, 1);
        foreach (PackedDescriptor descriptor in descriptors[1..])
        {
            WriteDescriptor(slot, descriptor with { Flags = descriptor.Flags | Availability(wrap) });
            Step(ref slot, ref wrap, 1);
        }

        WriteDescriptor(_nextAvailable, descriptors[0] with { Flags = descriptors[0].Flags | Availability(_availableWrap) });
        _chains.AddRaw(descriptors[^1].Id, descriptors.Length);
        Advance(descriptors.Length);
    }

    /// <summary>The current bytes of a slot.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The ring has no such slot.</exception>
    public PackedDescriptor ReadDescriptor(int slot)
    {
        CheckSlot(slot, "slots");
        ulong word = Volatile.Read(ref Word(slot));
        return PackedDescriptor.From(Volatile.Read(ref AddressOf(slot)), word);
    }

    /// <summary>Overwrites a slot's bytes: the address first, the rest in one store.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The ring has no such slot.</exception>
    public void WriteDescriptor(int slot, PackedDescriptor descriptor)
    {
        CheckSlot(slot, "slots");
        Volatile.Write(ref AddressOf(slot), descriptor.Address);
        Volatile.Write(ref Word(slot), descriptor.Word);
    }

    /// <summary>The flags that make a descriptor available for a value of the wrap counter.</summary>
    public static PackedFlags Availability(bool wrap) => wrap ? PackedFlags.Available : PackedFlags.Used;

    internal override void Free()
    {
        GuestAllocator allocator = Driver.Bus.Allocator;
        allocator.Free(Areas.Descriptor, Size * PackedDescriptor.Size);
        allocator.Free(Areas.Driver, EventSize);
        allocator.Free(Areas.Device, EventSize);
        _tables.Free();
    }

    private static QueueAreas Allocate(GuestAllocator allocator, int size) => new(
        (uint)size,
        allocator.Allocate(size * PackedDescriptor.Size),
        allocator.Allocate(EventSize),
        allocator.Allocate(EventSize));

    private static ulong WordOf(in DriverBuffer buffer, ushort id, PackedFlags flags) =>
        new PackedDescriptor(0, buffer.Length, id, flags | (buffer.IsWritable ? PackedFlags.Write : 0)).Word;

    private bool TryReadUsed(out UsedBuffer used)
    {
        ulong word = Volatile.Read(ref Word(_nextUsed));
        var flags = (PackedFlags)(word >> 48);
        bool availableBit = (flags & PackedFlags.Available) != 0;
        bool usedBit = (flags & PackedFlags.Used) != 0;
        used = default;
        if (availableBit != usedBit || usedBit != _usedWrap)
            return false;
        used = new UsedBuffer(unchecked((ushort)(word >> 32)), unchecked((uint)word));
        if (_order is null)
            return true;
        if (!_order.TryBegin(used.Id, used.Length))
            throw new InvalidOperationException($"queue {Index}: the device used id {used.Id}, which it does not have");
        used = _order.Next();
        return true;
    }

    /// <summary>Writes the chain except the head's flags, and returns those.</summary>
    private ulong WriteChain(ReadOnlySpan<DriverBuffer> buffers, ushort id)
    {
        int slot = _nextAvailable;
        bool wrap = _availableWrap;
        ulong headWord = 0;
        for (int i = 0; i < buffers.Length; i++)
        {
            PackedFlags next = i < buffers.Length - 1 ? PackedFlags.Next : 0;
            ulong word = WordOf(buffers[i], id, next | Availability(wrap));
            AddressOf(slot) = buffers[i].Address;
            if (i == 0)
                headWord = word;
            else
                Word(slot) = word;
            Step(ref slot, ref wrap, 1);
        }

        return headWord;
    }

    private ulong WriteTable(ReadOnlySpan<DriverBuffer> buffers, ushort id)
    {
        ulong address = _tables.Table(id, buffers.Length);
        int length = buffers.Length * PackedDescriptor.Size;
        Span<ulong> table = MemoryMarshal.Cast<byte, ulong>(
            Driver.Bus.Memory.TryGetBuffer(address, length, out GuestBuffer room) ? room.Span : default);
        for (int i = 0; i < buffers.Length; i++)
        {
            table[2 * i] = buffers[i].Address;
            table[(2 * i) + 1] = WordOf(buffers[i], 0, 0);
        }

        AddressOf(_nextAvailable) = address;
        return new PackedDescriptor(0, (uint)length, id, PackedFlags.Indirect | Availability(_availableWrap)).Word;
    }

    private void Advance(int slots)
    {
        _freeSlots -= slots;
        _slotsSinceKick += slots;
        Step(ref _nextAvailable, ref _availableWrap, slots);
    }

    private bool DeviceWantsKick(int slots)
    {
        uint wish = DeviceEvent;
        switch (wish & FlagsMask)
        {
            case Disable:
                return false;
            case AtPosition when _eventIndex:
                // On a circle of two rings, one for each value of the wrap counter, the position is a plain distance.
                int circle = 2 * Size;
                int wanted = (int)(wish & (WrapBit - 1)) + ((wish & WrapBit) != 0 ? 0 : Size);
                int before = _nextAvailable + (_availableWrap ? 0 : Size) - slots + circle;
                return (wanted - before + circle + circle) % circle < slots;
            default:
                return true;
        }
    }

    private void Step(ref int slot, ref bool wrap, int count)
    {
        slot += count;
        if (slot < Size)
            return;
        slot -= Size;
        wrap = !wrap;
    }

    private ref ulong AddressOf(int slot) => ref MemoryMarshal.AsRef<ulong>(_ring.Span.Slice(slot * PackedDescriptor.Size, sizeof(ulong)));

    private ref ulong Word(int slot) =>
        ref MemoryMarshal.AsRef<ulong>(_ring.Span.Slice((slot * PackedDescriptor.Size) + sizeof(ulong), sizeof(ulong)));
}
