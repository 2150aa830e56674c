using System.IO.Compression;
using Virtio.Vmm.Linux;

namespace Virtio.Vmm.Images;

/// <summary>
/// Reads an initial ramdisk as the kernel does: archives one after the other with zeros between them, each uncompressed or compressed.
/// </summary>
internal static class Ramdisk
{
    private const int PrefixSize = 6;

    /// <summary>Visits every entry of a ramdisk. Data after a compressed archive is ignored.</summary>
    /// <param name="source">The ramdisk.</param>
    /// <param name="visit">Called for each entry; may read its content. A result of false ends the reading.</param>
    /// <exception cref="BootException">The ramdisk cannot be read, or is compressed with something other than gzip or zstd.</exception>
    internal static void Read(BootSource source, Func<CpioReader, CpioHeader, bool> visit)
    {
        using Stream stream = source.Open();
        try
        {
            Read(stream, visit);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or ZstdSharp.ZstdException)
        {
            throw new BootException($"cannot look into the initial ramdisk '{source}', which is needed to add to it: {e.Message}", e);
        }
    }

    private static bool Read(Stream stream, Func<CpioReader, CpioHeader, bool> visit)
    {
        while (NextArchive(stream) is { } prefix)
        {
            var whole = new JoinedStream([new StreamPart(new MemoryStream(prefix), null, ""), new StreamPart(stream, null, "")]);
            if (Uncompress(whole, prefix) is { } content)
            {
                using (content)
                    return Read(content, visit);
            }

            var reader = new CpioReader(whole);
            while (reader.Next() is { } entry)
            {
                if (!visit(reader, entry))
                    return false;
            }
        }

        return true;
    }

    /// <summary>The first bytes of the next archive; null at the end.</summary>
    private static byte[]? NextArchive(Stream stream)
    {
        int first;
        do
            first = stream.ReadByte();
        while (first == 0);
        if (first < 0)
            return null;
        byte[] prefix = new byte[PrefixSize];
        prefix[0] = (byte)first;
        return prefix[..(1 + stream.ReadAtLeast(prefix.AsSpan(1), PrefixSize - 1, throwOnEndOfStream: false))];
    }

    private static Stream? Uncompress(Stream stream, ReadOnlySpan<byte> prefix)
    {
        if (KernelFormat.IsGzip(prefix))
            return new GZipStream(stream, CompressionMode.Decompress);
        if (KernelFormat.IsZstd(prefix))
            return new ZstdSharp.DecompressionStream(stream, leaveOpen: false);
        return CpioHeader.HasMagic(prefix)
            ? null
            : throw new InvalidDataException("it is no cpio archive, as it is or compressed with gzip or zstd");
    }
}
