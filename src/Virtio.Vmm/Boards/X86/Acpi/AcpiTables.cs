using System.Buffers.Binary;

namespace Virtio.Vmm.Boards.X86.Acpi;

/// <summary>
/// The ACPI tables of the x86 board (ACPI 6.5, chapter 5). They are hardware-reduced: the board has no power-management hardware beyond
/// three ports, and no interrupt controller besides the APICs.
/// </summary>
internal static class AcpiTables
{
    private const int Alignment = 16; // the root pointer is searched for at multiples of 16
    private const int RootPointerSize = 36;

    /// <summary>All tables, for <see cref="X86BoardLayout.AcpiAddress"/>; the root pointer is the first.</summary>
    /// <param name="processorCount">The number of processors.</param>
    /// <param name="deviceCount">The number of virtio devices to describe.</param>
    public static byte[] Make(int processorCount, int deviceCount)
    {
        var image = new List<byte>(new byte[RootPointerSize]);
        var definitions = Append(image, DefinitionBlock.Make(deviceCount));
        var fixedDescription = Append(image, FixedDescription.Make(definitions));
        var interrupts = Append(image, InterruptDescription.Make(processorCount));
        var root = Append(image, AcpiTable.Make("XSDT"u8, 1, [.. UInt64(fixedDescription), .. UInt64(interrupts)]));
        byte[] tables = [.. image];
        RootPointer(root).CopyTo(tables, 0);
        return tables;
    }

    /// <summary>The bytes of an address.</summary>
    public static byte[] UInt64(ulong value)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }

    private static ulong Append(List<byte> image, byte[] table)
    {
        while (image.Count % Alignment != 0)
            image.Add(0);
        var address = X86BoardLayout.AcpiAddress + (ulong)image.Count;
        image.AddRange(table);
        return address;
    }

    /// <summary>
    /// The root pointer (ACPI 6.5, 5.2.5.3): one checksum over its first 20 bytes, as in ACPI 1.0, and one over all of it.
    /// </summary>
    private static byte[] RootPointer(ulong root)
    {
        const int FirstPartSize = 20;
        var pointer = new byte[RootPointerSize];
        "RSD PTR "u8.CopyTo(pointer);
        AcpiTable.Maker.CopyTo(pointer.AsSpan(9));
        pointer[15] = 2;
        pointer[8] = AcpiTable.Checksum(pointer.AsSpan(0, FirstPartSize));
        BinaryPrimitives.WriteInt32LittleEndian(pointer.AsSpan(20), RootPointerSize);
        BinaryPrimitives.WriteUInt64LittleEndian(pointer.AsSpan(24), root);
        pointer[32] = AcpiTable.Checksum(pointer);
        return pointer;
    }
}
