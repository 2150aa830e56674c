using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>
/// Reads the device-readable bytes of a chain, forward, independent of the message framing (virtio 1.4, 2.7.4). The position is kept in the
/// chain, so all copies of a reader share it. For one thread at a time.
/// </summary>
[SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
public readonly struct ChainReader
{
    private readonly DescriptorChain _chain;

    internal ChainReader(DescriptorChain chain) => _chain = chain;

    /// <summary>Bytes not yet read.</summary>
    public long Remaining => unchecked((long)_chain.Reading.Length - _chain.Reading.Passed(_chain.Pieces.Entries));

    /// <summary>
    /// The bytes up to the end of the current piece, in guest memory; false at the end. The guest may change them at any moment.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGetSpan(out ReadOnlySpan<byte> span)
    {
        if (!_chain.Reading.TryGetSpan(_chain.Pieces.Entries, out Span<byte> bytes))
        {
            span = default;
            return false;
        }

        span = bytes;
        return true;
    }

    /// <summary>Skips bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer bytes remain.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance(long count) => _chain.Reading.Advance(_chain.Pieces.Entries, count);

    /// <summary>Fills <paramref name="destination"/>; returns false and reads nothing when fewer bytes remain.</summary>
    public bool TryRead(Span<byte> destination)
    {
        if (destination.Length > Remaining)
            return false;
        while (destination.Length > 0 && TryGetSpan(out ReadOnlySpan<byte> piece))
        {
            int count = Math.Min(piece.Length, destination.Length);
            piece[..count].CopyTo(destination);
            destination = destination[count..];
            Advance(count);
        }

        return true;
    }

    /// <summary>
    /// Adds the next <paramref name="count"/> bytes, in place and uncopied, to a list for a storage, and advances past them.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer bytes remain.</exception>
    public void Take(long count, ICollection<ReadOnlyMemory<byte>> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        if (count < 0 || count > Remaining)
            throw new ArgumentOutOfRangeException(nameof(count), count, $"there are {Remaining} bytes left");
        while (count > 0)
        {
            GuestBuffer piece = _chain.Reading.Take(_chain.Pieces, count);
            pieces.Add(piece.Memory);
            count -= piece.Length;
        }
    }
}
