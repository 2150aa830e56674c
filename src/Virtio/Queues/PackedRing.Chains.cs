using System.Runtime.CompilerServices;
using Virtio.Memory;

namespace Virtio.Queues;

/// <content>
/// Takes a chain. The fast path reads plain buffers, or one table of plain buffers, in the RAM chunk of the last hit. Any other descriptor
/// switches to the general path.
/// </content>
internal sealed partial class PackedRing
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal override TakeResult TryTake(DescriptorChain chain)
    {
        // One aligned acquire load reads length, id and flags, so that the length and the id belong to these flags. The address is read
        // after them.
        nuint start = _available;
        ulong word = _descriptors.ReadUInt64(WordOf(start));
        uint flags = FlagsOf(word);
        if ((flags & AvailableAndUsed) != _availableFlags)
            return TakeResult.Empty;
        ulong address = _descriptors.ReadUInt64(start);
        return (flags & Indirect) == 0 ? TakeBuffers(chain, address, word) : TakeTable(chain, address, word);
    }

    internal override TakeResult TakeAgain(DescriptorChain chain, UnfinishedChain unfinished)
    {
        chain.Take(unfinished.Id, unfinished.Descriptors.Length);
        chain.Shape = new ChainShape(_memory);
        for (int i = 0; i < unfinished.Descriptors.Length; i++)
        {
            if (!TryAdd(chain, unfinished.Descriptors[i], i))
                return TakeResult.Malformed;
        }

        return chain.Shape.TryEnd(chain) ? TakeResult.Taken : TakeResult.Malformed;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Take(DescriptorChain chain, ushort id, int count, nuint position, uint expected)
    {
        if (position == _length)
            (position, expected) = (0, expected ^ AvailableAndUsed);
        _available = position;
        _availableFlags = expected;
        chain.Take(id, count);
    }

    /// <summary>Takes a chain whose first descriptor is a buffer.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private TakeResult TakeBuffers(DescriptorChain chain, ulong address, ulong word)
    {
        RingArea descriptors = _descriptors;
        nuint position = _available;
        uint expected = _availableFlags;
        uint flags = FlagsOf(word);
        nuint end = _used;
        if (position == end && IsFull)
            return TakeResult.Broken;
        var shape = new ChainShape(_memory);

        // The walk stops at the oldest descriptor in flight, or at the end of the ring where that comes first.
        nuint stop = position < end ? end : _length;
        while (shape.TryAdd(chain, address, unchecked((uint)word), flags & Write))
        {
            position = unchecked(position + Descriptor.Size);
            if ((flags & Next) == 0)
            {
                Take(chain, unchecked((ushort)(word >> 32)), shape.Count, position, expected);
                return shape.TryEnd(chain) ? TakeResult.Taken : TakeResult.Malformed;
            }

            if (position == stop)
            {
                // The chain reaches descriptors that are still in flight: the driver has made more available than the ring holds.
                if (stop == end || end == 0)
                    return TakeResult.Broken;
                (position, expected, stop) = (0, expected ^ AvailableAndUsed, end);
            }

            word = descriptors.ReadUInt64(WordOf(position));
            flags = FlagsOf(word);
            if ((flags & (AvailableAndUsed | Indirect)) != expected)
                break;
            address = descriptors.ReadUInt64(position);
        }

        chain.Shape = shape;
        return TakeRest(chain, position, expected);
    }

    /// <summary>
    /// The general path: continues at the descriptor on which the fast path stopped. What the fast path read of that descriptor is
    /// discarded, and the descriptor is read again. After a descriptor that breaks a rule the walk only looks for the chain's end.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private TakeResult TakeRest(DescriptorChain chain, nuint position, uint expected)
    {
        bool wellFormed = true;
        int before = (int)(unchecked(position - _available + (position < _available ? _length : 0)) / Descriptor.Size);
        while (true)
        {
            ulong word = _descriptors.ReadUInt64(WordOf(position));

            // The driver writes the flags of a chain's first descriptor last (virtio 1.4, 2.8.21), so all others are complete by now. A
            // descriptor that is not available will never become available as a part of this chain.
            if ((FlagsOf(word) & AvailableAndUsed) != expected)
                return TakeResult.Broken;
            var descriptor = new Descriptor(_descriptors.ReadUInt64(position), word);
            wellFormed = wellFormed && TryAdd(chain, descriptor, before);
            before++;
            position += Descriptor.Size;
            if ((descriptor.Fourth & Next) == 0)
            {
                Take(chain, descriptor.Third, before, position, expected);
                return wellFormed && chain.Shape.TryEnd(chain) ? TakeResult.Taken : TakeResult.Malformed;
            }

            if (position == _length)
                (position, expected) = (0, expected ^ AvailableAndUsed);
            if (position == _used)
                return TakeResult.Broken;
        }
    }

    private bool TryAdd(DescriptorChain chain, Descriptor descriptor, int before) => (descriptor.Fourth & Indirect) != 0
        ? IsTable(descriptor) && HasRoom(descriptor, before) && TryAddTable(chain, descriptor, 0)
        : chain.Shape.TryAddSlowly(chain, descriptor.Address, descriptor.Length, descriptor.Fourth & Write);

    /// <summary>Takes a chain whose first descriptor is an indirect table. A well-formed chain has no further descriptor.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private TakeResult TakeTable(DescriptorChain chain, ulong address, ulong word)
    {
        var table = new Descriptor(address, word);
        nuint start = _available;
        if (start == _used && IsFull)
            return TakeResult.Broken;
        var shape = new ChainShape(_memory);
        if (!IsTable(table))
        {
            chain.Shape = shape;
            return TakeRest(chain, start, _availableFlags);
        }

        uint length = table.Length;
        uint done = 0;
        if (shape.TryFindTable(table.Address, length, out DescriptorTable entries))
        {
            for (; done < length; done = unchecked(done + Descriptor.Size))
            {
                Descriptor entry = entries.Read(done);
                if ((entry.Fourth & Indirect) != 0 || !shape.TryAdd(chain, entry.Address, entry.Length, entry.Fourth & Write))
                    break;
            }
        }

        Take(chain, table.Third, 1, unchecked(start + Descriptor.Size), _availableFlags);
        if (done == length)
            return shape.TryEnd(chain) ? TakeResult.Taken : TakeResult.Malformed;

        // What the loop read of the descriptor that ended it is discarded, and the descriptor is read again.
        chain.Shape = shape;
        return TryAddTable(chain, table, done) && chain.Shape.TryEnd(chain) ? TakeResult.Taken : TakeResult.Malformed;
    }

    // A table is refused where VIRTIO_F_INDIRECT_DESC was not negotiated. A table must be the last descriptor of its chain (virtio 1.4,
    // 2.8.19).
    private bool IsTable(Descriptor table) => _indirect && (table.Fourth & Next) == 0 && table.Length % Descriptor.Size == 0
        && table.Length is > 0 and <= DescriptorChain.MaximumDescriptors * Descriptor.Size;

    /// <summary>
    /// Whether the table's entries and the <paramref name="before"/> descriptors before it stay within the limit of a chain.
    /// </summary>
    private bool HasRoom(Descriptor table, int before) =>
        before + (int)(table.Length / Descriptor.Size) <= Math.Max(DescriptorChain.MaximumDescriptors, _size);

    /// <summary>Adds the buffers of a table from the offset <paramref name="done"/>, in bytes, on.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryAddTable(DescriptorChain chain, Descriptor table, uint done)
    {
        for (ulong offset = done; offset < table.Length; offset += Descriptor.Size)
        {
            // Only WRITE has a meaning in a table: the table's length gives its end, so NEXT is ignored. A table in a table is refused
            // (virtio 1.4, 2.8.7).
            if (!_memory.TryReadDescriptor(unchecked(table.Address + offset), out Descriptor entry)
                || (entry.Fourth & Indirect) != 0
                || !chain.Shape.TryAddSlowly(chain, entry.Address, entry.Length, entry.Fourth & Write))
                return false;
        }

        return true;
    }
}
