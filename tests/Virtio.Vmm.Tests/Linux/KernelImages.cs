using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Virtio.Vmm.Tests.Linux;

/// <summary>Makes kernel files for the loader.</summary>
internal static class KernelImages
{
    /// <summary>A riscv64 Image: the header, then random bytes.</summary>
    public static byte[] Riscv(int length = 100_000, ulong textOffset = 2 << 20, ulong imageSize = 200_000, ulong flags = 0)
    {
        var image = RandomNumberGenerator.GetBytes(length);
        image.AsSpan(0, 64).Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(8), textOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(16), imageSize);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(24), flags);
        "RISCV\0\0\0RSC\x05"u8.CopyTo(image.AsSpan(0x30));
        return image;
    }

    /// <summary>A riscv64 Image with the headers of a PE file, which contain its length.</summary>
    public static byte[] RiscvWithEfiStub(int length)
    {
        var image = Riscv(length);
        "MZ"u8.CopyTo(image);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x3c), 0x40);
        "PE\0\0"u8.CopyTo(image.AsSpan(0x40));
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x44 + 2), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x44 + 16), 0);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x44 + 20 + 16), (uint)length - 4096);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x44 + 20 + 20), 4096);
        return image;
    }

    public static byte[] Gzip(byte[] content)
    {
        using var file = new MemoryStream();
        using (var gzip = new GZipStream(file, CompressionLevel.Fastest))
            gzip.Write(content);
        return file.ToArray();
    }

    public static byte[] Zstd(byte[] content)
    {
        using var file = new MemoryStream();
        using (var zstd = new ZstdSharp.CompressionStream(file))
            zstd.Write(content);
        return file.ToArray();
    }

    /// <summary>An EFI program that contains a kernel (CONFIG_EFI_ZBOOT).</summary>
    public static byte[] Zboot(byte[] payload, string compression)
    {
        const int PayloadOffset = 6000;
        var file = new byte[PayloadOffset + payload.Length + 1000];
        "MZ\0\0zimg"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(8), PayloadOffset);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(12), payload.Length);
        System.Text.Encoding.ASCII.GetBytes(compression).CopyTo(file, 24);
        file.AsSpan(PayloadOffset + payload.Length).Fill(0xee);
        payload.CopyTo(file, PayloadOffset);
        return file;
    }

    /// <summary>Zeros, with the given bytes at an offset.</summary>
    public static byte[] With(int offset, ReadOnlySpan<byte> magic)
    {
        var file = new byte[8192];
        magic.CopyTo(file.AsSpan(offset));
        return file;
    }
}
