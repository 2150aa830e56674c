using System.Text;

namespace Virtio.Vmm.Images;

/// <summary>
/// Reads one "newc" archive, entry by entry, from a stream. The part of an entry that the caller does not read is skipped.
/// </summary>
internal sealed class CpioReader(Stream input)
{
    private readonly byte[] _header = new byte[CpioHeader.Size];
    private long _left; // unread bytes of the entry, including its padding

    /// <summary>Reads up to the content of the next entry; null at the end of the archive.</summary>
    /// <exception cref="InvalidDataException">The archive is malformed.</exception>
    /// <exception cref="EndOfStreamException">The archive is cut off.</exception>
    internal CpioHeader? Next()
    {
        Skip(_left);
        input.ReadExactly(_header);
        CpioHeader header = CpioHeader.Parse(_header, out int nameLength);
        byte[] name = new byte[nameLength + CpioHeader.PaddingOf(CpioHeader.Size + nameLength).Length];
        input.ReadExactly(name);
        header = header.WithName(Encoding.UTF8.GetString(name, 0, nameLength - 1));
        _left = header.Length + CpioHeader.PaddingOf(header.Length).Length;
        return header.Name == CpioHeader.Trailer ? null : header;
    }

    /// <summary>The content of the entry that <see cref="Next"/> has just returned.</summary>
    /// <exception cref="InvalidDataException">The content is longer than an array can be.</exception>
    /// <exception cref="EndOfStreamException">The archive is cut off.</exception>
    internal byte[] ReadContent(CpioHeader header)
    {
        if (header.Length > Array.MaxLength)
            throw new InvalidDataException($"'{header.Name}' has {header.Length} bytes");

        // Read in blocks: a short archive that claims a long entry takes no memory.
        using var content = new MemoryStream();
        byte[] block = new byte[Math.Min(header.Length, 64 * 1024)];
        for (long left = header.Length; left > 0;)
        {
            int count = (int)Math.Min(left, block.Length);
            input.ReadExactly(block, 0, count);
            content.Write(block, 0, count);
            left -= count;
        }

        _left -= header.Length;
        return content.ToArray();
    }

    private void Skip(long length)
    {
        Span<byte> block = stackalloc byte[4096];
        for (long left = length; left > 0;)
        {
            int count = (int)Math.Min(left, block.Length);
            input.ReadExactly(block[..count]);
            left -= count;
        }
    }
}
