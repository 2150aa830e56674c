using System.Buffers.Binary;

namespace Virtio.Vmm.Boards.X86.Acpi;

/// <summary>The format that all ACPI tables share (ACPI 6.5, 5.2.6).</summary>
internal static class AcpiTable
{
    /// <summary>The length of the header, in bytes.</summary>
    public const int HeaderSize = 36;

    private const int ChecksumOffset = 9;

    /// <summary>The OEM ID of every table.</summary>
    public static ReadOnlySpan<byte> Maker => "VIRTIO"u8;

    /// <summary>Makes a table of a header and its content.</summary>
    /// <param name="signature">The four characters that identify the table.</param>
    /// <param name="revision">Its revision.</param>
    /// <param name="content">The bytes after the header.</param>
    public static byte[] Make(ReadOnlySpan<byte> signature, byte revision, ReadOnlySpan<byte> content)
    {
        var table = new byte[HeaderSize + content.Length];
        signature.CopyTo(table);
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(4), table.Length);
        table[8] = revision;
        Maker.CopyTo(table.AsSpan(10));
        "MICROVM "u8.CopyTo(table.AsSpan(16));
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(24), 1);
        "VIRT"u8.CopyTo(table.AsSpan(28));
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(32), 1);
        content.CopyTo(table.AsSpan(HeaderSize));
        table[ChecksumOffset] = Checksum(table);
        return table;
    }

    /// <summary>The byte that makes the sum of all bytes zero.</summary>
    public static byte Checksum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (var value in bytes)
            sum = unchecked((byte)(sum + value));
        return unchecked((byte)-sum);
    }
}
