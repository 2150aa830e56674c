using System.Buffers.Binary;

namespace Virtio.Vmm.Boards.X86.Acpi;

/// <summary>
/// The multiple APIC description table, MADT (ACPI 6.5, 5.2.12): the processors and the IOAPIC. Every interrupt number is the pin of the
/// same number, and edge-triggered, as each device's description says; no override is needed.
/// </summary>
internal static class InterruptDescription
{
    private const byte Revision = 6;

    /// <summary>The table.</summary>
    public static byte[] Make(int processorCount)
    {
        List<byte> content = [.. UInt32(X86BoardLayout.LocalApicAddress), .. UInt32(0)];
        for (var processor = 0; processor < processorCount; processor++)
            content.AddRange([0, 8, (byte)processor, (byte)processor, .. UInt32(1)]); // enabled

        content.AddRange([1, 12, 0, 0, .. UInt32(X86BoardLayout.IoApicAddress), .. UInt32(0)]);
        return AcpiTable.Make("APIC"u8, Revision, [.. content]);
    }

    private static byte[] UInt32(uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
