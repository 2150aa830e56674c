using System.Runtime.Versioning;
using Virtio.Memory;
using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>
/// The driver's side of a split ring (virtio 1.4, 2.7) that a back-end serves, without event index. Only the used ring is read from the
/// memory that the back-end can write, and every value of it is checked. Used by one thread at a time, under the lock of its
/// <see cref="RelayedQueue"/>.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class RelayRing
{
    private const int IndexOffset = 2;
    private const int EntriesOffset = 4;
    private const int AvailableEntrySize = 2;
    private const int UsedEntrySize = 8;
    private const ushort NoNotify = 1;

    private readonly RelayMemory _memory;
    private readonly RingArea _descriptors;
    private readonly RingArea _available;
    private readonly RingArea _used;
    private readonly RingArea _tables;
    private readonly ulong _tablesAddress;
    private readonly bool _hasTables;

    // Links the free descriptors, and the descriptors of each request. Never read back from shared memory, which the back-end can change.
    private readonly ushort[] _next;

    // By head: number of descriptors of the request in flight; 0 where no request begins.
    private readonly ushort[] _counts;

    // Head of the list of free descriptors, and the number of these.
    private int _free;
    private int _freeCount;

    // Requests offered and not used yet.
    private int _inFlight;

    // The available index as last written, and the used index up to which requests were taken; both wrap at 2^16.
    private ushort _offered;
    private ushort _taken;

    internal RelayRing(RelayMemory memory, ulong address, int size, bool hasTables)
    {
        (ulong driver, ulong device, ulong tables) = RelayMemory.PlacesOf(size);
        _memory = memory;
        _hasTables = hasTables;
        _tablesAddress = address + tables;
        _descriptors = Resolve(memory, address, driver);
        _available = Resolve(memory, address + driver, device - driver);
        _used = Resolve(memory, address + device, tables - device);
        _tables = Resolve(memory, _tablesAddress, (ulong)size * RelayMemory.TableLength);
        (Size, Address) = (size, address);
        _next = [.. Enumerable.Range(1, size).Select(next => (ushort)next)];
        _counts = new ushort[size];
        _freeCount = size;

        // An earlier ring at the same place, which was stopped alone, has left its flags and indices.
        _available.WriteUInt32(0, 0);
        _used.WriteUInt32(0, 0);
    }

    /// <summary>Number of descriptors.</summary>
    internal int Size { get; }

    private ulong Address { get; }

    /// <summary>Whether the back-end wants a notification for what was offered. Read after <see cref="TryOffer"/>.</summary>
    internal bool WantsKick
    {
        get
        {
            // The index must be visible before the flag is read (virtio 1.4, 2.7.13.4.1). Otherwise the back-end could enable
            // notifications, see no request and sleep, while this thread still reads the old flag.
            Interlocked.MemoryBarrier();
            return (_used.ReadUInt16(0) & NoNotify) == 0;
        }
    }

    /// <summary>Addresses of the ring's areas in this process.</summary>
    internal (nint Descriptors, nint Driver, nint Device) Places
    {
        get
        {
            (ulong driver, ulong device, _) = RelayMemory.PlacesOf(Size);
            nint host = _memory.Region.Host + (nint)(Address - _memory.Region.Address);
            return (host, host + (nint)driver, host + (nint)device);
        }
    }

    /// <summary>Offers a request; false where the ring has no room for it.</summary>
    /// <param name="pieces">The guest memory of the request, the device-readable parts first; at least one.</param>
    /// <param name="head">Identifies the request until it is used.</param>
    internal bool TryOffer(IReadOnlyList<RelayPiece> pieces, out int head)
    {
        head = _free;
        int count = _hasTables && pieces.Count > 1 ? 1 : pieces.Count;
        if (_freeCount < count || pieces.Count > DescriptorChain.MaximumDescriptors)
            return false;
        if (count < pieces.Count)
            WriteTable(head, pieces);
        else
            WriteChain(head, pieces);
        int last = head;
        for (int i = 1; i < count; i++)
            last = _next[last];
        _free = _next[last];
        _freeCount -= count;
        _counts[head] = (ushort)count;
        _inFlight++;
        _available.WriteUInt16(EntriesOffset + ((_offered & (Size - 1)) * AvailableEntrySize), (ushort)head);

        // A release store: the entry and the descriptors are visible before the index.
        _offered = unchecked((ushort)(_offered + 1));
        _available.WriteUInt16(IndexOffset, _offered);
        return true;
    }

    /// <summary>Takes the next request that the back-end has used; false where there is none.</summary>
    /// <exception cref="ProtocolException">The back-end has written a malformed used ring.</exception>
    internal bool TryTake(out int head, out uint written)
    {
        head = 0;
        written = 0;
        ushort index = _used.ReadUInt16(IndexOffset);
        if (index == _taken)
            return false;
        if (unchecked((ushort)(index - _taken)) > _inFlight)
            throw new ProtocolException($"its used index went from {_taken} to {index} with {_inFlight} requests in flight");
        int entry = EntriesOffset + ((_taken & (Size - 1)) * UsedEntrySize);
        uint id = _used.ReadUInt32(entry);
        written = _used.ReadUInt32(entry + sizeof(uint));
        if (id >= Size || _counts[id] == 0)
            throw new ProtocolException($"it used descriptor {id}, which begins no request");
        _taken = unchecked((ushort)(_taken + 1));
        head = (int)id;
        Free(head);
        return true;
    }

    private void Free(int head)
    {
        int last = head;
        for (int i = 1; i < _counts[head]; i++)
            last = _next[last];
        _next[last] = (ushort)_free;
        _free = head;
        _freeCount += _counts[head];
        _counts[head] = 0;
        _inFlight--;
    }

    private void WriteTable(int head, IReadOnlyList<RelayPiece> pieces)
    {
        ulong offset = (ulong)head * RelayMemory.TableLength;
        for (int i = 0; i < pieces.Count; i++)
            Write(_tables, offset + ((ulong)i * Descriptor.Size), pieces[i], i < pieces.Count - 1 ? i + 1 : -1);
        ulong shape = (uint)(pieces.Count * Descriptor.Size) | ((ulong)DescriptorFlags.Indirect << 32);
        _descriptors.WriteUInt64((nuint)(head * Descriptor.Size), _tablesAddress + offset);
        _descriptors.WriteUInt64((nuint)(head * Descriptor.Size) + sizeof(ulong), shape);
    }

    private void WriteChain(int head, IReadOnlyList<RelayPiece> pieces)
    {
        int at = head;
        for (int i = 0; i < pieces.Count; i++)
        {
            Write(_descriptors, (ulong)(at * Descriptor.Size), pieces[i], i < pieces.Count - 1 ? _next[at] : -1);
            at = _next[at];
        }
    }

    private static void Write(RingArea area, ulong offset, RelayPiece piece, int next)
    {
        ulong flags = (piece.IsWritable ? (ulong)DescriptorFlags.Write : 0) | (next >= 0 ? (ulong)DescriptorFlags.Next : 0);
        area.WriteUInt64((nuint)offset, piece.Address);
        area.WriteUInt64((nuint)offset + sizeof(ulong), piece.Length | (flags << 32) | ((ulong)Math.Max(next, 0) << 48));
    }

    private static RingArea Resolve(RelayMemory memory, ulong address, ulong length) =>
        RingArea.TryResolve(memory.Access, address, length, 16, out RingArea area)
            ? area
            : throw new InvalidOperationException("a relayed ring lies outside of its memory");
}
