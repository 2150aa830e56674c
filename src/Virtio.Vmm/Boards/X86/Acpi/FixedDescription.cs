using System.Buffers.Binary;

namespace Virtio.Vmm.Boards.X86.Acpi;

/// <summary>The fixed description table, FADT (ACPI 6.5, 5.2.9): how to switch the machine off and reset it, and what a PC has that this one lacks.</summary>
internal static class FixedDescription
{
    private const int Size = 276;
    private const byte Revision = 6;
    private const byte MinorRevision = 5;
    private const ushort NoVga = 1 << 2; // IA-PC boot architecture flags (5.2.9.3); that the one for a keyboard controller is not set spares the guest a search
    private const ushort NoClock = 1 << 5;
    private const uint CachesFlush = 1 << 0; // WBINVD
    private const uint NoPowerButton = 1 << 4;
    private const uint NoSleepButton = 1 << 5;
    private const uint HasResetRegister = 1 << 10;
    private const uint HardwareReduced = 1 << 20;

    /// <summary>The table.</summary>
    /// <param name="definitionBlock">Where the DSDT is.</param>
    public static byte[] Make(ulong definitionBlock)
    {
        var table = new byte[Size];
        BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(109), NoVga | NoClock);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(112), CachesFlush | NoPowerButton | NoSleepButton | HasResetRegister | HardwareReduced);
        WritePort(table.AsSpan(116), X86BoardLayout.ResetPort);
        table[128] = X86BoardLayout.ResetValue;
        table[131] = MinorRevision;
        BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(140), definitionBlock);
        WritePort(table.AsSpan(244), X86BoardLayout.SleepControlPort);
        WritePort(table.AsSpan(256), X86BoardLayout.SleepStatusPort);
        AcpiTable.Maker.CopyTo(table.AsSpan(268));
        return AcpiTable.Make("FACP"u8, Revision, table.AsSpan(AcpiTable.HeaderSize));
    }

    /// <summary>A register of one byte among the I/O ports (5.2.3.2).</summary>
    private static void WritePort(Span<byte> place, ushort port)
    {
        place[0] = 1; // system I/O
        place[1] = 8; // bits
        place[3] = 1; // in one access of a byte
        BinaryPrimitives.WriteUInt64LittleEndian(place[4..], port);
    }
}
