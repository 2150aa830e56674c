using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>
/// What is known of a chain while its descriptors are being read, and where the address of each buffer is checked. It lives in registers as long as each
/// descriptor is what it nearly always is; from the first other one on, in <see cref="DescriptorChain.Shape"/>.
/// </summary>
[SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
internal struct ChainShape
{
    private const uint Writable = (uint)DescriptorFlags.Write;

    private readonly GuestWindow _window;

    // The flag WRITE of the last buffer.
    private uint _writable;
    private int _count;

    // Bytes of the readable pieces, from the first writable one on of the writable ones.
    private ulong _length;

    /// <summary>The pieces so far.</summary>
    internal readonly int Count => _count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ChainShape(GuestMemory memory) => _window = new GuestWindow(memory.LastHit);

    /// <summary>
    /// Checks and adds one descriptor's buffer. False, with nothing changed, when it breaks a rule or is not simply a piece of the RAM where the last one was: for
    /// <see cref="TryAddSlowly"/> to see.
    /// </summary>
    /// <param name="chain">The chain.</param>
    /// <param name="address">The guest's.</param>
    /// <param name="length">The guest's.</param>
    /// <param name="writable">The descriptor's flag WRITE, in its place.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryAdd(DescriptorChain chain, ulong address, uint length, uint writable)
    {
        int index = _count;
        GuestBufferEntry[] entries = chain.Pieces.Entries;
        if (!_window.TryTranslate(address, length, out nint host)
            || unchecked((uint)index) >= (uint)entries.Length
            || (writable != _writable && !TryTurn(chain)))
            return false;
        ulong end = unchecked(_length + length);
        _length = end;
        ref GuestBufferEntry entry = ref entries[index];
        entry.Host = host;
        entry.Length = unchecked((int)length);
        entry.End = unchecked((uint)end);
        _count = unchecked(index + 1);
        return true;
    }

    /// <summary>Checks and adds one descriptor's buffer, one piece for each part of it that is contiguous here; false when it breaks a rule.</summary>
    internal bool TryAddSlowly(DescriptorChain chain, ulong address, uint length, uint writable)
    {
        // An empty one carries nothing: drivers never send it.
        GuestMemory memory = chain.Pieces.Memory;
        if (length == 0 || !memory.Contains(address, length) || (writable != _writable && !TryTurn(chain)))
            return false;
        while (length > 0)
        {
            (GuestMemoryChunk chunk, int offset, int partLength) = memory.FirstPart(address, length);
            if (_count == chain.Pieces.Entries.Length)
                chain.Pieces.Grow();
            _length += (uint)partLength;
            chain.Pieces.Entries[_count++] = new GuestBufferEntry { Host = chunk.Host + offset, Length = partLength, End = unchecked((uint)_length) };
            length -= (uint)partLength;
            address += (uint)partLength;
        }

        return true;
    }

    /// <summary>Finds an indirect table; false when it is not wholly in the RAM where the last buffer was.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly bool TryFindTable(ulong address, uint length, out DescriptorTable table)
    {
        bool found = _window.TryTranslate(address, length, out nint host);
        table = new DescriptorTable(host);
        return found;
    }

    /// <summary>The chain has no more: sets its reader and writer to its start; false when it is too long.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryEnd(DescriptorChain chain)
    {
        if (_writable == 0 && !TryTurn(chain))
            return false;

        // Lengths are told in 32 bits (virtio 1.4, 2.8.13).
        chain.Writing.End(_count, unchecked((uint)_length));
        return _length <= uint.MaxValue;
    }

    /// <summary>From the readable pieces to the writable ones; false when there were some already, or too many bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTurn(DescriptorChain chain)
    {
        // Readable ones come first (virtio 1.4, 2.7.4.2 and 2.8.5). The sum itself cannot wrap: there are far fewer than 2^32 descriptors.
        if (_writable != 0 || _length > uint.MaxValue)
            return false;
        chain.Reading.Start(0);
        chain.Reading.End(_count, unchecked((uint)_length));
        chain.Writing.Start(_count);
        _writable = Writable;
        _length = 0;
        return true;
    }
}
