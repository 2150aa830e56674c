using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>A position in a run of a chain's pieces, moving forward only. The first piece of those left may itself be used up in part.</summary>
[SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
internal struct BufferCursor
{
    private int _index;
    private int _end;

    /// <summary>Where the run ends among the chain's pieces.</summary>
    internal readonly int EndIndex => _end;

    /// <summary>Bytes in all of the run.</summary>
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

    /// <summary>The bytes up to the end of the current piece; false at the end of all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly bool TryGetSpan(GuestBufferEntry[] entries, out Span<byte> span)
    {
        int index = _index;
        if (index >= _end)
        {
            span = default;
            return false;
        }

        // A copy: of a property of an element in its place, the compiler would first check that there is a place.
        GuestBufferEntry entry = entries[index];
        span = entry.Span;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Advance(GuestBufferEntry[] entries, long count)
    {
        // Mostly a piece as a whole.
        int index = _index;
        if (index < _end && count == entries[index].Length)
            _index = unchecked(index + 1);
        else
            AdvanceSlowly(entries, count);
    }

    /// <summary>Takes the next piece of at most <paramref name="limit"/> bytes (at least 1) out of the run.</summary>
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
        // As unsigned numbers: a negative one is more than remains.
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
