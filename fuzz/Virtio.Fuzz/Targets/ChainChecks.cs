using Virtio.Queues;

namespace Virtio.Fuzz.Targets;

/// <summary>Checks of every chain that a device gets.</summary>
internal static class ChainChecks
{
    /// <summary>
    /// Reads and writes a chain's pieces, and checks that they are in RAM and have the reported length.
    /// Returns the number of writable bytes.
    /// </summary>
    internal static long Use(GuestRam ram, DescriptorChain chain, int fill)
    {
        long length = chain.Writer.Remaining;
        Check.That(chain.Reader.Remaining + length > 0 && chain.Reader.Remaining <= uint.MaxValue && length <= uint.MaxValue);
        while (chain.Reader.TryGetSpan(out ReadOnlySpan<byte> bytes))
        {
            ram.OffsetOf(bytes);
            chain.Reader.Advance(bytes.Length);
        }

        Check.That(chain.Reader.Remaining == 0);
        while (chain.Writer.TryGetSpan(out Span<byte> room))
        {
            ram.OffsetOf(room);
            Span<byte> written = room[..Math.Min(fill, room.Length)];
            written.Fill(0xcc);
            ram.Permit(written);
            chain.Writer.Advance(room.Length);
        }

        Check.That(chain.Writer.Remaining == 0 && chain.Writer.Written == length);
        return length;
    }

    /// <summary>
    /// Permits the first <paramref name="written"/> writable bytes of a completed chain: the device may have written them.
    /// </summary>
    internal static void Permit(GuestRam ram, DescriptorChain chain, long readable, long written)
    {
        for (int i = 0; i < chain.PieceCount && written > 0; i++)
        {
            Span<byte> piece = chain.Piece(i);
            if (readable > 0)
            {
                readable -= piece.Length;
                continue;
            }

            Span<byte> part = piece[..(int)Math.Min(written, piece.Length)];
            ram.Permit(part);
            written -= part.Length;
        }
    }
}
