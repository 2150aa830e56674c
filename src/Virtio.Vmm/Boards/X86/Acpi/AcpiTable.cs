using System.Buffers.Binary;

namespace Virtio.Vmm.Boards.X86.Acpi;

/// <summary>The form that all ACPI tables have in common (ACPI 6.5, 5.2.6).</summary>
internal static class AcpiTable
{
    /// <summary>How long the header is.</summary>
    public const int HeaderSize = 36;

    private const int ChecksumOffset = 9;

    /// <summary>Who made the tables, as all of them say.</summary>
    public static ReadOnlySpan<byte> Maker => "VIRTIO"u8;

    /// <summary>A table of a header and its content.</summary>
    /// <param name="signature">What table it is: four characters.</param>
    /// <param name="revision">Its revision.</param>
    /// <param name="content">What comes after the header.</param>
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

    /// <summary>The byte that makes the sum of all of them zero.</summary>
    public static byte Checksum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (var value in bytes)
            sum = unchecked((byte)(sum + value));
        return unchecked((byte)-sum);
    }
}
