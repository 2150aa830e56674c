using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>
/// A position in a run of a chain's pieces: the readable ones or the writable ones. It only moves forward. The piece at the position may be
/// partly used up.
/// </summary>
[SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
internal struct BufferCursor
{
    // Index, among the chain's pieces, of the piece at the position. Owned, as is all of this, by the thread that has the chain.
    private int _index;

    // Index after the last piece of the run.
    private int _end;

    /// <summary>Index, among the chain's pieces, after the last piece of the run.</summary>
    internal readonly int EndIndex => _end;

    /// <summary>Bytes in the whole run.</summary>
    internal uint Length { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Start(int index) => _index = index;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void End(int end, uint length)
    {
        _end = end;
        Length = length;
    }

    /// <summary>Bytes before the position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly uint Passed(GuestBufferEntry[] entries)
    {
        if (_index >= _end)
            return Length;
        ref readonly GuestBufferEntry entry = ref entries[_index];
        return unchecked(entry.End - (uint)entry.Length);
    }

    /// <summary>The bytes from the position to the end of the current piece; false at the end of the run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly bool TryGetSpan(GuestBufferEntry[] entries, out Span<byte> span)
    {
        int index = _index;
        if (index >= _end)
        {
            span = default;
            return false;
        }

        // Copied: for a property of the element in place, the JIT compiler would emit a null check of the element's address.
        GuestBufferEntry entry = entries[index];
        span = entry.Span;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Advance(GuestBufferEntry[] entries, long count)
    {
        // The fast path: callers nearly always advance by exactly one whole piece.
        int index = _index;
        if (index < _end && count == entries[index].Length)
            _index = unchecked(index + 1);
        else
            AdvanceSlowly(entries, count);
    }

    /// <summary>Returns the next piece, cut to at most <paramref name="limit"/> bytes (at least 1), and advances past it.</summary>
    internal GuestBuffer Take(in GuestBufferList pieces, long limit)
    {
        GuestBuffer buffer = pieces[_index];
        GuestBuffer piece = buffer.Slice(0, (int)Math.Min(limit, buffer.Length));
        Advance(pieces.Entries, piece.Length);
        return piece;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AdvanceSlowly(GuestBufferEntry[] entries, long count)
    {
        // Compared as unsigned numbers, so that a negative count is too large as well.
        long remaining = Length - Passed(entries);
        if (unchecked((ulong)count > (ulong)remaining))
            throw new ArgumentOutOfRangeException(nameof(count), count, $"there are {remaining} bytes left");
        while (count > 0)
        {
            int length = entries[_index].Length;
            if (count < length)
            {
                entries[_index].Shrink((int)count);
                return;
            }

            count -= length;
            _index++;
        }
    }
}
