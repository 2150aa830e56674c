using System.Text;
using Virtio.Storage;

namespace Virtio.Cli;

/// <summary>
/// Recognises files that are not raw disks: images of other programs, and compressed files. A guest would see their bytes unchanged.
/// </summary>
internal static class DiskFormats
{
    private const int HeadLength = 512;
    private const int FootLength = 512;

    private static readonly (int Offset, byte[] Magic, string Name, string Advice)[] Heads =
    [
        .. Images(0, "qcow2", "QFI\u00fb"),
        .. Images(0, "qed", "QED\0"),
        .. Images(0, "vhdx", "vhdxfile"),
        .. Images(0, "vpc", "conectix"),
        .. Images(0, "vmdk", "KDMV", "COWD", "# Disk DescriptorFile"),
        .. Images(0, "parallels", "WithoutFreeSpace", "WithouFreSpacExt"),
        .. Images(64, "vdi", "\u007f\u0010\u00da\u00be"),
        Compressed("gzip", "\u001f\u008b", "gunzip -k"),
        Compressed("zstd", "\u0028\u00b5\u002f\u00fd", "unzstd"),
        Compressed("xz", "\u00fd7zXZ\0", "unxz -k"),
        Compressed("bzip2", "BZh", "bunzip2 -k"),
        Compressed("lz4", "\u0004\u0022\u004d\u0018", "unlz4"),
        Compressed("zip", "PK\u0003\u0004", "unzip"),
        Compressed("7z", "7z\u00bc\u00af\u0027\u001c", "7z x"),
    ];

    private static readonly (int Offset, byte[] Magic, string Name, string Advice)[] Feet =
    [
        .. Images(0, "vpc", "conectix"),
        .. Images(0, "dmg", "koly"),
    ];

    /// <summary>Checks the first and the last bytes of a storage.</summary>
    /// <param name="storage">The storage.</param>
    /// <param name="place">The path or URL, for the advice.</param>
    /// <param name="cancellationToken">Ends the wait for a slow storage.</param>
    /// <returns>The format and what to do, for a warning; null where it looks like a raw disk, or cannot be read.</returns>
    internal static async ValueTask<string?> RecogniseAsync(IBlockStorage storage, string place, CancellationToken cancellationToken)
    {
        try
        {
            byte[] head = await ReadAsync(storage, 0, HeadLength, cancellationToken);
            byte[] foot = await ReadAsync(storage, Math.Max(0, storage.Length - FootLength), FootLength, cancellationToken);
            return Find(Heads, head, place) ?? Find(Feet, foot, place);
        }
        catch (IOException)
        {
            // The guest gets the error when it reads there.
            return null;
        }
    }

    private static string? Find((int Offset, byte[] Magic, string Name, string Advice)[] formats, byte[] bytes, string place)
    {
        foreach ((int offset, byte[] magic, string name, string advice) in formats)
        {
            if (bytes.Length > offset && bytes.AsSpan(offset).StartsWith(magic))
            {
                string way = string.Format(null, advice, place);
                return $"it is a {name} file, of which the guest gets the bytes as they are; make a raw disk of it: {way}";
            }
        }

        return null;
    }

    private static async ValueTask<byte[]> ReadAsync(IBlockStorage storage, long offset, int length, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[Math.Min(length, storage.Length - offset)];
        await storage.ReadAsync(offset, [bytes], cancellationToken);
        return bytes;
    }

    private static IEnumerable<(int Offset, byte[] Magic, string Name, string Advice)> Images(
        int offset, string name, params string[] magics) =>
        magics.Select(magic => (offset, Bytes(magic), name == "vpc" ? "vhd" : name, $"qemu-img convert -f {name} -O raw '{{0}}' disk.raw"));

    private static (int Offset, byte[] Magic, string Name, string Advice) Compressed(string name, string magic, string program) =>
        (0, Bytes(magic), name, $"{program} '{{0}}'");

    // Each character stands for one byte.
    private static byte[] Bytes(string magic) => Encoding.Latin1.GetBytes(magic);
}
