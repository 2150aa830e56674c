using System.Runtime.InteropServices;
using Virtio.Memory;

namespace Virtio.Testing;

/// <summary>The driver's side of a split ring (virtio 1.4, 2.7). The raw members do what a correct driver never does.</summary>
public sealed class SplitDriverQueue : DriverQueue
{
    private const int DescriptorSize = 16;
    private const int EntriesOffset = 4;
    private const int AvailableEntrySize = 2;
    private const int UsedEntrySize = 8;
    private const int EventSize = 2;

    private readonly GuestBuffer _descriptors;
    private readonly GuestBuffer _available;
    private readonly GuestBuffer _used;
    private readonly SplitChains _chains;
    private readonly IndirectTables _tables;
    private readonly OfferedOrder? _order;
    private readonly bool _eventIndex;
    private ushort _nextAvailable;
    private ushort _nextUsed;
    private ushort _lastKick;

    internal SplitDriverQueue(MmioDriver driver, int index, int size)
        : base(driver, index, Allocate(driver.Bus.Allocator, size))
    {
        _descriptors = Buffer(Areas.Descriptor, size * DescriptorSize);
        _available = Buffer(Areas.Driver, AvailableLength(size));
        _used = Buffer(Areas.Device, UsedLength(size));
        _eventIndex = (driver.Features & (ulong)VirtioFeatures.EventIndex) != 0;
        _order = (driver.Features & (ulong)VirtioFeatures.InOrder) != 0 ? new OfferedOrder(size) : null;
        _chains = new SplitChains(size);
        _tables = new IndirectTables(driver.Bus.Allocator, size);
    }

    /// <inheritdoc/>
    public override int Outstanding => _chains.Count;

    /// <summary>The index that the next chain gets in the available ring, modulo 2^16.</summary>
    public ushort NextAvailable => _nextAvailable;

    /// <summary>The next index of the used ring that the driver expects, modulo 2^16.</summary>
    public ushort NextUsed => _nextUsed;

    /// <summary>The available ring's flags: 1 suppresses interrupts, unless event indexes are used.</summary>
    public ushort AvailableFlags
    {
        get => Read(_available, 0);
        set => Write(_available, 0, value);
    }

    /// <summary>The available ring's index, as it is in memory.</summary>
    public ushort AvailableIndex
    {
        get => Read(_available, sizeof(ushort));
        set => Write(_available, sizeof(ushort), value);
    }

    /// <summary>With event indexes: the used index at which the driver wants its next interrupt.</summary>
    public ushort UsedEvent
    {
        get => Read(_available, EntriesOffset + (Size * AvailableEntrySize));
        set => Write(_available, EntriesOffset + (Size * AvailableEntrySize), value);
    }

    /// <summary>The used ring's flags: 1 when the device suppresses kicks.</summary>
    public ushort UsedFlags => Read(_used, 0);

    /// <summary>The used ring's index, as it is in memory.</summary>
    public ushort UsedIndex => Read(_used, sizeof(ushort));

    /// <summary>With event indexes: the available index at which the device wants its next kick.</summary>
    public ushort AvailableEvent => Read(_used, EntriesOffset + (Size * UsedEntrySize));

    /// <inheritdoc/>
    public override bool TryOffer(ReadOnlySpan<DriverBuffer> buffers, out ushort id, bool indirect = false)
    {
        CheckOffer(buffers);
        if (!_chains.TryTake(indirect ? 1 : buffers.Length, out id))
            return false;
        _order?.Add(id, buffers);
        if (indirect)
            WriteTable(buffers, id);
        else
            WriteChain(buffers, id);
        MakeAvailable(id);
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
        if (!_chains.TryTakeBack(used.Id))
            throw new InvalidOperationException($"queue {Index}: the device completed id {used.Id}, which it does not have");
        _nextUsed = unchecked((ushort)(_nextUsed + 1));
        return true;
    }

    /// <inheritdoc/>
    public override bool Kick()
    {
        ushort before = _lastKick;
        if (before == _nextAvailable)
            return false;
        _lastKick = _nextAvailable;

        // The chains must be visible before the device's event suppression is read. Otherwise driver and device could wait for each other.
        Interlocked.MemoryBarrier();
        bool wanted = _eventIndex
            ? unchecked((ushort)(_nextAvailable - AvailableEvent - 1) < (ushort)(_nextAvailable - before))
            : UsedFlags == 0;
        if (wanted)
            Driver.Notify((uint)Index);
        return wanted;
    }

    /// <inheritdoc/>
    public override void EnableInterrupts()
    {
        AvailableFlags = 0;
        if (_eventIndex)
            EnableInterruptsAfter(0);

        // The event suppression must be visible before the driver looks at the ring again.
        Interlocked.MemoryBarrier();
    }

    /// <inheritdoc/>
    public override void EnableInterruptsAfter(int slots)
    {
        CheckSlot(slots, "slots");
        UsedEvent = unchecked((ushort)(_nextUsed + slots));
    }

    /// <inheritdoc/>
    public override void DisableInterrupts()
    {
        // With event indexes the device does not read the flags, so the event index is set where the used index does not come by. Just
        // behind the next used index is too near: a device that has published the collected chains, but not yet read the event index, would
        // find that it has passed it. So the event index lies a ring and one entry behind.
        if (_eventIndex)
            UsedEvent = unchecked((ushort)(_nextUsed - 1 - Size));
        else
            AvailableFlags = 1;
    }

    /// <summary>Makes an index of the table available as a chain's head, without checking what is there.</summary>
    public void OfferRaw(ushort head)
    {
        _chains.AddRaw();
        MakeAvailable(head);
    }

    /// <summary>Overwrites an entry of the available ring.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The ring has no such entry.</exception>
    public void WriteAvailable(int entry, ushort head)
    {
        CheckSlot(entry, "entries in its available ring");
        Write(_available, EntriesOffset + (entry * AvailableEntrySize), head);
    }

    /// <summary>The current contents of a descriptor of the table.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The table has no such descriptor.</exception>
    public SplitDescriptor ReadDescriptor(int index)
    {
        CheckSlot(index, "descriptors");
        ulong rest = Volatile.Read(ref Word(index, 1));
        return new SplitDescriptor(
            Volatile.Read(ref Word(index, 0)), unchecked((uint)rest), (SplitFlags)unchecked((ushort)(rest >> 32)), (ushort)(rest >> 48));
    }

    /// <summary>Overwrites a descriptor of the table: the address first, the rest in one store.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The table has no such descriptor.</exception>
    public void WriteDescriptor(int index, SplitDescriptor descriptor)
    {
        CheckSlot(index, "descriptors");
        Volatile.Write(ref Word(index, 0), descriptor.Address);
        Volatile.Write(ref Word(index, 1), Rest(descriptor));
    }

    internal override void Free()
    {
        GuestAllocator allocator = Driver.Bus.Allocator;
        allocator.Free(Areas.Descriptor, Size * DescriptorSize);
        allocator.Free(Areas.Driver, AvailableLength(Size));
        allocator.Free(Areas.Device, UsedLength(Size));
        _tables.Free();
    }

    private static int AvailableLength(int size) => EntriesOffset + (size * AvailableEntrySize) + EventSize;

    private static int UsedLength(int size) => EntriesOffset + (size * UsedEntrySize) + EventSize;

    private static QueueAreas Allocate(GuestAllocator allocator, int size) => new(
        (uint)size,
        allocator.Allocate(size * DescriptorSize),
        allocator.Allocate(AvailableLength(size)),
        allocator.Allocate(UsedLength(size)));

    private static ulong Rest(SplitDescriptor descriptor) =>
        descriptor.Length | ((ulong)descriptor.Flags << 32) | ((ulong)descriptor.Next << 48);

    private static SplitDescriptor Describe(DriverBuffer buffer, ushort? next) => new(
        buffer.Address, buffer.Length, (buffer.IsWritable ? SplitFlags.Write : 0) | (next is null ? 0 : SplitFlags.Next), next ?? 0);

    private static ushort Read(GuestBuffer area, int offset) =>
        Volatile.Read(ref MemoryMarshal.AsRef<ushort>(area.Span.Slice(offset, sizeof(ushort))));

    private static void Write(GuestBuffer area, int offset, ushort value) =>
        Volatile.Write(ref MemoryMarshal.AsRef<ushort>(area.Span.Slice(offset, sizeof(ushort))), value);

    private bool TryReadUsed(out UsedBuffer used)
    {
        used = default;
        if (UsedIndex == _nextUsed)
            return false;
        Span<byte> entry = _used.Span.Slice(EntriesOffset + ((_nextUsed & (Size - 1)) * UsedEntrySize), UsedEntrySize);
        uint id = MemoryMarshal.Read<uint>(entry);
        uint length = MemoryMarshal.Read<uint>(entry[sizeof(uint)..]);
        if (id > ushort.MaxValue || (_order is not null && !_order.TryBegin(id, length)))
            throw new InvalidOperationException($"queue {Index}: the device used id {id}, which it does not have");
        used = _order?.Next() ?? new UsedBuffer((ushort)id, length);
        return true;
    }

    private void WriteChain(ReadOnlySpan<DriverBuffer> buffers, ushort head)
    {
        ushort index = head;
        for (int i = 0; i < buffers.Length; i++)
        {
            ushort next = _chains.Next(index);
            WriteDescriptor(index, Describe(buffers[i], i < buffers.Length - 1 ? next : null));
            index = next;
        }
    }

    private void WriteTable(ReadOnlySpan<DriverBuffer> buffers, ushort head)
    {
        ulong address = _tables.Table(head, buffers.Length);
        int length = buffers.Length * DescriptorSize;
        Span<ulong> table = MemoryMarshal.Cast<byte, ulong>(
            Driver.Bus.Memory.TryGetBuffer(address, length, out GuestBuffer room) ? room.Span : default);
        for (int i = 0; i < buffers.Length; i++)
        {
            SplitDescriptor entry = Describe(buffers[i], i < buffers.Length - 1 ? (ushort)(i + 1) : null);
            table[2 * i] = entry.Address;
            table[(2 * i) + 1] = Rest(entry);
        }

        WriteDescriptor(head, new SplitDescriptor(address, (uint)length, SplitFlags.Indirect));
    }

    private void MakeAvailable(ushort head)
    {
        WriteAvailable(_nextAvailable & (Size - 1), head);
        _nextAvailable = unchecked((ushort)(_nextAvailable + 1));

        // A store with release semantics: once the device sees the index, it sees the whole chain (virtio 1.4, 2.7.13.3).
        AvailableIndex = _nextAvailable;
    }

    private ref ulong Word(int index, int word) =>
        ref MemoryMarshal.AsRef<ulong>(_descriptors.Span.Slice((index * DescriptorSize) + (word * sizeof(ulong)), sizeof(ulong)));
}
