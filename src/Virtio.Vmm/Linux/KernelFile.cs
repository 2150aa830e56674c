using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Virtio.Vmm.Linux;

/// <summary>Opens a kernel and unwraps it from gzip, zstd, or an EFI program that unpacks itself. One layer, as kernels have.</summary>
internal static class KernelFile
{
    private const int ZbootPayloadOffset = 8;
    private const int ZbootPayloadSize = 12;
    private const int ZbootCompression = 24;
    private const int ZbootCompressionSize = 32;

    /// <summary>The kernel as its boot protocol describes it, as a stream that the caller disposes.</summary>
    /// <exception cref="BootException">The kernel cannot be opened, or is wrapped in an unknown format.</exception>
    public static PrefixedStream Open(BootSource source)
    {
        var file = new PrefixedStream(source.Open(), KernelFormat.PrefixSize);
        try
        {
            if (Uncompress(file, source) is not { } content)
                return file;

            return new PrefixedStream(content, KernelFormat.PrefixSize);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static Stream? Uncompress(PrefixedStream file, BootSource source)
    {
        if (KernelFormat.IsGzip(file.Prefix))
            return new GZipStream(file, CompressionMode.Decompress);
        if (KernelFormat.IsZstd(file.Prefix))
            return new ZstdSharp.DecompressionStream(file, leaveOpen: false);
        return KernelFormat.IsZboot(file.Prefix) ? OpenZboot(file, source) : null;
    }

    private static Stream OpenZboot(PrefixedStream file, BootSource source)
    {
        if (file.Prefix.Length < ZbootCompression + ZbootCompressionSize)
            throw new BootException($"cannot boot '{source}': it is cut off within its EFI header");

        var offset = BinaryPrimitives.ReadUInt32LittleEndian(file.Prefix[ZbootPayloadOffset..]);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(file.Prefix[ZbootPayloadSize..]);
        var compression = Encoding.Latin1.GetString(file.Prefix.Slice(ZbootCompression, ZbootCompressionSize)).TrimEnd('\0');

        // An offset or size beyond the end leaves no data, and the decompressor reports that.
        file.Skip(offset);
        file.Limit(size);
        if (compression == "gzip")
            return new GZipStream(file, CompressionMode.Decompress);
        if (compression.StartsWith("zstd", StringComparison.Ordinal))
            return new ZstdSharp.DecompressionStream(file, leaveOpen: false);
        throw new BootException(
            $"cannot boot '{source}': it is an EFI kernel compressed with '{Printable(compression)}', which is not supported: "
            + "use gzip or zstd");
    }

    private static string Printable(string text) => string.Concat(text.Where(char.IsAsciiLetterOrDigit));
}
