using System.Buffers.Binary;

namespace Virtio.Vmm.Boards.X86.Acpi;

/// <summary>
/// The ACPI tables of the x86 board (ACPI 6.5, chapter 5): hardware-reduced, because there is no power-management hardware beyond three ports, and no interrupt
/// controller but the APICs.
/// </summary>
internal static class AcpiTables
{
    private const int Alignment = 16; // the root pointer is searched for at multiples of 16
    private const int RootPointerSize = 36;

    /// <summary>All tables, to be put at <see cref="X86BoardLayout.AcpiAddress"/>; the root pointer is the first.</summary>
    /// <param name="processorCount">How many processors there are.</param>
    /// <param name="deviceCount">How many virtio devices are described.</param>
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

    /// <summary>The root pointer (ACPI 6.5, 5.2.5.3), with a checksum over its first 20 bytes, as it was once, and one over all.</summary>
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
