using System.Buffers.Binary;
using System.Text;
using Virtio.Vmm.Boards.X86;
using Virtio.Vmm.Boards.X86.Acpi;

namespace Virtio.Vmm.Tests.Boards.X86;

public sealed class AcpiTablesTests
{
    public static TheoryData<int, int> Sizes => new() { { 1, 0 }, { 1, 1 }, { 2, 3 }, { 32, 32 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Every_table_is_in_its_place_has_its_length_and_adds_up_to_zero(int processorCount, int deviceCount)
    {
        var image = AcpiTables.Make(processorCount, deviceCount);

        Assert.Equal("RSD PTR ", Encoding.ASCII.GetString(image, 0, 8));
        Assert.Equal(0, Sum(image.AsSpan(0, 20)));
        Assert.Equal(0, Sum(image.AsSpan(0, 36)));
        Assert.Equal(["XSDT", "FACP", "APIC", "DSDT"], Tables(image).Select(Signature));
        Assert.All(Tables(image), table => Assert.Equal(0, Sum(table)));
        Assert.InRange(X86BoardLayout.AcpiAddress + (ulong)image.Length, 0UL, X86BoardLayout.MultiprocessorTableAddress);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void The_reference_compiler_reads_every_table_without_a_word(int processorCount, int deviceCount)
    {
        foreach (var table in Tables(AcpiTables.Make(processorCount, deviceCount)))
            Assert.Contains($"\"{Signature(table)}\"", AcpiCompiler.Disassemble(table), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void The_definition_block_is_what_the_reference_compiler_makes_of_its_source(int processorCount, int deviceCount)
    {
        var definitions = Tables(AcpiTables.Make(processorCount, deviceCount)).Single(table => Signature(table) == "DSDT");

        var compiled = AcpiCompiler.Compile(AcpiCompiler.Disassemble(definitions));

        Assert.Equal(definitions.AsSpan(36), compiled.AsSpan(36));
    }

    [Fact]
    public void A_virtio_device_has_its_registers_and_its_interrupt()
    {
        var source = Source("DSDT", deviceCount: 2);

        Assert.Contains("""Name (_HID, "LNRO0005")""", source, StringComparison.Ordinal);
        Assert.Matches(
            @"VR01(?s:.*)_UID, One(?s:.*)ReadWrite,\s+0xD0001000,(?s:.*)0x00001000,(?s:.*)"
            + "ResourceConsumer, Edge, ActiveHigh, Exclusive(?s:.*)0x00000006",
            source);
    }

    [Fact]
    public void Devices_share_an_interrupt_only_where_there_are_more_of_them_than_pins()
    {
        Assert.DoesNotContain("Shared", Source("DSDT", deviceCount: 19), StringComparison.Ordinal);
        Assert.Equal(2, Source("DSDT", deviceCount: 20).Split("ActiveHigh, Shared").Length - 1);
    }

    [Fact]
    public void The_serial_port_and_the_way_to_power_off_are_there()
    {
        var source = Source("DSDT");

        Assert.Matches("""COM1(?s:.*)EisaId \("PNP0501"\)(?s:.*)IO \(Decode16,\s+0x03F8,(?s:.*)0x00000004""", source);
        Assert.Matches(@"Name \(\\_S5, Package \(0x02\)[^{]*\{\s+0x05,\s+Zero", source);
    }

    [Fact]
    public void The_machine_is_hardware_reduced_and_has_its_registers_among_the_ports()
    {
        var source = Source("FACP");

        Assert.Matches(@"Hardware Reduced \(V5\) : 1", source);
        Assert.Matches(@"8042 Present on ports 60/64 \(V2\) : 0", source);
        Assert.Matches(@"CMOS RTC Not Present \(V5\) : 1", source);
        Assert.Matches(@"Reset Register Supported \(V2\) : 1", source);
        Assert.Matches(@"Reset Register : (?s:.*)Address : 0000000000000602(?s:.*)Value to cause reset : 01", source);
        Assert.Matches(@"Sleep Control Register : (?s:.*)Address : 0000000000000600", source);
        Assert.Matches(@"Sleep Status Register : (?s:.*)Address : 0000000000000601", source);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public void Every_processor_is_there_and_enabled_beside_one_IOAPIC(int processorCount)
    {
        var source = Source("APIC", processorCount);

        Assert.Equal(processorCount, source.Split("Processor Enabled : 1").Length - 1);
        Assert.Contains($"Local Apic ID : {processorCount - 1:X2}", source, StringComparison.Ordinal);
        Assert.Equal(1, source.Split("[I/O APIC]").Length - 1);
        Assert.Contains("FEC00000", source, StringComparison.Ordinal);
    }

    private static string Source(string signature, int processorCount = 1, int deviceCount = 1) =>
        AcpiCompiler.Disassemble(Tables(AcpiTables.Make(processorCount, deviceCount)).Single(table => Signature(table) == signature));

    /// <summary>The tables as a kernel finds them, starting at the root pointer.</summary>
    private static List<byte[]> Tables(byte[] image)
    {
        var root = At(image, BinaryPrimitives.ReadUInt64LittleEndian(image.AsSpan(24)));
        List<byte[]> tables = [root];
        for (var entry = 36; entry < root.Length; entry += 8)
            tables.Add(At(image, BinaryPrimitives.ReadUInt64LittleEndian(root.AsSpan(entry))));
        tables.Add(At(image, BinaryPrimitives.ReadUInt64LittleEndian(tables[1].AsSpan(140))));
        return tables;
    }

    private static byte[] At(byte[] image, ulong address)
    {
        var start = (int)(address - X86BoardLayout.AcpiAddress);
        var length = BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(start + 4));
        return image[start..(start + length)];
    }

    private static string Signature(byte[] table) => Encoding.ASCII.GetString(table, 0, 4);

    private static byte Sum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (var value in bytes)
            sum = unchecked((byte)(sum + value));
        return sum;
    }
}
