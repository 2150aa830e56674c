using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>
/// The state of a chain while its descriptors are being read. Each buffer's address is checked here. As long as every descriptor is a plain
/// buffer in the RAM chunk of the last hit, the struct stays in registers; from the first other descriptor on it is kept in
/// <see cref="DescriptorChain.Shape"/>.
/// </summary>
[SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
internal struct ChainShape
{
    private const uint Writable = (uint)DescriptorFlags.Write;

    private readonly GuestWindow _window;

    // The WRITE flag of the last buffer: 0 while only readable buffers were seen. All fields are owned by the queue's thread.
    private uint _writable;

    // Pieces so far, readable and writable.
    private int _count;

    // Bytes in the readable pieces so far; from the first writable piece on, bytes in the writable pieces so far.
    private ulong _length;

    /// <summary>The number of pieces so far.</summary>
    internal readonly int Count => _count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ChainShape(GuestMemory memory) => _window = new GuestWindow(memory.LastHit);

    /// <summary>
    /// Checks and adds one descriptor's buffer. Returns false and changes nothing when the buffer breaks a rule, lies outside the RAM chunk
    /// of the last hit, or finds no free entry; the caller then passes it to <see cref="TryAddSlowly"/>, which decides.
    /// </summary>
    /// <param name="chain">The chain.</param>
    /// <param name="address">The address from the descriptor, unchecked.</param>
    /// <param name="length">The length from the descriptor, unchecked.</param>
    /// <param name="writable">The descriptor's WRITE flag in its bit position, or 0.</param>
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

    /// <summary>
    /// Checks and adds one descriptor's buffer: one piece for each part that is contiguous in this process. False when it breaks a rule.
    /// </summary>
    internal bool TryAddSlowly(DescriptorChain chain, ulong address, uint length, uint writable)
    {
        // A buffer of length 0 is refused: it carries nothing, and drivers never send one.
        GuestMemory memory = chain.Pieces.Memory;
        if (length == 0 || !memory.Contains(address, length) || (writable != _writable && !TryTurn(chain)))
            return false;
        while (length > 0)
        {
            (GuestMemoryChunk chunk, int offset, int partLength) = memory.FirstPart(address, length);
            if (_count == chain.Pieces.Entries.Length)
                chain.Pieces.Grow();
            _length += (uint)partLength;
            chain.Pieces.Entries[_count++] = new GuestBufferEntry
            {
                Host = chunk.Host + offset,
                Length = partLength,
                End = unchecked((uint)_length),
            };
            length -= (uint)partLength;
            address += (uint)partLength;
        }

        return true;
    }

    /// <summary>Translates the address of an indirect table; false when the table is not wholly in the RAM chunk of the last hit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly bool TryFindTable(ulong address, uint length, out DescriptorTable table)
    {
        bool found = _window.TryTranslate(address, length, out nint host);
        table = new DescriptorTable(host);
        return found;
    }

    /// <summary>Ends the chain: sets the positions of its reader and writer to the start. False when it has too many bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryEnd(DescriptorChain chain)
    {
        if (_writable == 0 && !TryTurn(chain))
            return false;

        // The used length has 32 bits (virtio 1.4, 2.8.13).
        chain.Writing.End(_count, unchecked((uint)_length));
        return _length <= uint.MaxValue;
    }

    /// <summary>
    /// Turns from the readable pieces to the writable ones. False when writable ones came before, or the readable ones have too many bytes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTurn(DescriptorChain chain)
    {
        // Readable buffers come before writable ones (virtio 1.4, 2.7.4.2 and 2.8.5). The 64-bit sum cannot wrap: there are far fewer than
        // 2^32 descriptors.
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
