using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>
/// Writes the device-writable bytes of a chain, forward, independent of the message framing (virtio 1.4, 2.7.4). The position is kept in
/// the chain, so all copies of a writer share it. For one thread at a time.
/// </summary>
[SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
public readonly struct ChainWriter
{
    private readonly DescriptorChain _chain;

    internal ChainWriter(DescriptorChain chain) => _chain = chain;

    /// <summary>Bytes not yet written.</summary>
    public long Remaining => unchecked(_chain.Writing.Length - Written);

    /// <summary>Bytes that were written or skipped so far, or moved to a list by <see cref="Take"/>.</summary>
    public long Written => _chain.Writing.Passed(_chain.Pieces.Entries);

    /// <summary>
    /// The room up to the end of the current piece, in guest memory; false at the end. Call <see cref="Advance"/> for the bytes used.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGetSpan(out Span<byte> span)
    {
        if (!_chain.Writing.TryGetSpan(_chain.Pieces.Entries, out Span<byte> bytes))
        {
            span = default;
            return false;
        }

        span = bytes;
        return true;
    }

    /// <summary>Counts bytes as written.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less room remains.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance(long count) => _chain.Writing.Advance(_chain.Pieces.Entries, count);

    /// <summary>Writes all of <paramref name="source"/>; returns false and writes nothing when less room remains.</summary>
    public bool TryWrite(ReadOnlySpan<byte> source)
    {
        if (source.Length > Remaining)
            return false;
        while (source.Length > 0 && TryGetSpan(out Span<byte> piece))
        {
            int count = Math.Min(piece.Length, source.Length);
            source[..count].CopyTo(piece);
            source = source[count..];
            Advance(count);
        }

        return true;
    }

    /// <summary>Adds room for the next <paramref name="count"/> bytes, in place, to a list for a storage, and advances past it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less room remains.</exception>
    public void Take(long count, ICollection<Memory<byte>> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        if (count < 0 || count > Remaining)
            throw new ArgumentOutOfRangeException(nameof(count), count, $"there are {Remaining} bytes of room left");
        while (count > 0)
        {
            GuestBuffer piece = _chain.Writing.Take(_chain.Pieces, count);
            pieces.Add(piece.Memory);
            count -= piece.Length;
        }
    }
}
