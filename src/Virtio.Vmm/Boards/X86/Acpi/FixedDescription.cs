using System.Buffers.Binary;

namespace Virtio.Vmm.Boards.X86.Acpi;

/// <summary>
/// The fixed description table, FADT (ACPI 6.5, 5.2.9): how to power off and reset the machine, and which parts of a PC it lacks.
/// </summary>
internal static class FixedDescription
{
    private const int Size = 276;
    private const byte Revision = 6;
    private const byte MinorRevision = 5;

    // IA-PC boot architecture flags (5.2.9.3). The flag of a keyboard controller is clear, which spares the guest a search for one.
    private const ushort NoVga = 1 << 2;
    private const ushort NoClock = 1 << 5;

    private const uint CachesFlush = 1 << 0; // WBINVD
    private const uint NoPowerButton = 1 << 4;
    private const uint NoSleepButton = 1 << 5;
    private const uint HasResetRegister = 1 << 10;
    private const uint HardwareReduced = 1 << 20;

    /// <summary>The table.</summary>
    /// <param name="definitionBlock">The address of the DSDT.</param>
    public static byte[] Make(ulong definitionBlock)
    {
        var table = new byte[Size];
        BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(109), NoVga | NoClock);
        BinaryPrimitives.WriteUInt32LittleEndian(
            table.AsSpan(112),
            CachesFlush | NoPowerButton | NoSleepButton | HasResetRegister | HardwareReduced);
        WritePort(table.AsSpan(116), X86BoardLayout.ResetPort);
        table[128] = X86BoardLayout.ResetValue;
        table[131] = MinorRevision;
        BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(140), definitionBlock);
        WritePort(table.AsSpan(244), X86BoardLayout.SleepControlPort);
        WritePort(table.AsSpan(256), X86BoardLayout.SleepStatusPort);
        AcpiTable.Maker.CopyTo(table.AsSpan(268));
        return AcpiTable.Make("FACP"u8, Revision, table.AsSpan(AcpiTable.HeaderSize));
    }

    /// <summary>A one-byte register in I/O port space (5.2.3.2).</summary>
    private static void WritePort(Span<byte> place, ushort port)
    {
        place[0] = 1; // system I/O space
        place[1] = 8; // width in bits
        place[3] = 1; // byte access
        BinaryPrimitives.WriteUInt64LittleEndian(place[4..], port);
    }
}
