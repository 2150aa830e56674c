using System.Buffers.Binary;
using Virtio.Vmm.Boards.X86.Acpi;

namespace Virtio.Vmm.Boards.X86;

/// <summary>
/// The tables that preceded ACPI (Intel, MultiProcessor Specification 1.4, chapter 4), for kernels that are built without ACPI and learn of
/// their devices from the command line. They describe processors, and an IOAPIC whose pins are the ISA interrupts of the same numbers.
/// </summary>
internal static class MultiprocessorTable
{
    private const int PointerSize = 16;
    private const int HeaderSize = 44;
    private const byte Revision = 4;
    private const byte LocalApicVersion = 0x14;
    private const byte IoApicVersion = 0x11;
    private const byte BusId = 0;

    /// <summary>The table, for <see cref="X86BoardLayout.MultiprocessorTableAddress"/>; begins with its pointer.</summary>
    public static byte[] Make(int processorCount)
    {
        // All APICs share one number space: the IOAPIC gets the first number that no processor has.
        var ioApicId = (byte)processorCount;
        List<byte> entries = [];
        for (var processor = 0; processor < processorCount; processor++)
        {
            byte flags = (byte)(processor == 0 ? 3 : 1); // enabled; the first one boots
            entries.AddRange([0, (byte)processor, LocalApicVersion, flags, .. new byte[16]]);
        }

        entries.AddRange([1, BusId, .. "ISA   "u8]);
        entries.AddRange([2, ioApicId, IoApicVersion, 1, .. UInt32(X86BoardLayout.IoApicAddress)]);
        for (byte pin = 0; pin < X86BoardLayout.InterruptCount; pin++)
            entries.AddRange([3, 0, 0, 0, BusId, pin, ioApicId, pin]); // a rising edge, as on an ISA bus

        return [.. Pointer(), .. Table(entries, entryCount: processorCount + 2 + X86BoardLayout.InterruptCount)];
    }

    private static byte[] Pointer()
    {
        var pointer = new byte[PointerSize];
        "_MP_"u8.CopyTo(pointer);
        BinaryPrimitives.WriteUInt32LittleEndian(pointer.AsSpan(4), (uint)X86BoardLayout.MultiprocessorTableAddress + PointerSize);
        pointer[8] = 1; // length in paragraphs
        pointer[9] = Revision;
        pointer[10] = AcpiTable.Checksum(pointer);
        return pointer;
    }

    private static byte[] Table(List<byte> entries, int entryCount)
    {
        byte[] table = [.. new byte[HeaderSize], .. entries];
        "PCMP"u8.CopyTo(table);
        BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(4), (ushort)table.Length);
        table[6] = Revision;
        "VIRTIO  MICROVM     "u8.CopyTo(table.AsSpan(8));
        BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(34), (ushort)entryCount);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(36), X86BoardLayout.LocalApicAddress);
        table[7] = AcpiTable.Checksum(table);
        return table;
    }

    private static byte[] UInt32(uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
