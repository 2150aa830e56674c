using System.Buffers.Binary;
using System.Text;
using Virtio.Vmm.Boards.X86;

namespace Virtio.Vmm.Tests.Boards.X86;

public sealed class MultiprocessorTableTests
{
    private const int PointerSize = 16;
    private const int HeaderSize = 44;

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public void Pointer_and_table_add_up_to_zero_and_every_entry_is_counted(int processorCount)
    {
        var bytes = MultiprocessorTable.Make(processorCount);
        var table = bytes.AsSpan(PointerSize);

        Assert.Equal("_MP_", Encoding.ASCII.GetString(bytes, 0, 4));
        Assert.Equal(X86BoardLayout.MultiprocessorTableAddress + PointerSize, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4)));
        Assert.Equal(0, Sum(bytes.AsSpan(0, PointerSize)));
        Assert.Equal("PCMP", Encoding.ASCII.GetString(table[..4]));
        Assert.Equal(table.Length, BinaryPrimitives.ReadUInt16LittleEndian(table[4..]));
        Assert.Equal(0, Sum(table));
        Assert.Equal(Entries(bytes).Count, BinaryPrimitives.ReadUInt16LittleEndian(table[34..]));
    }

    [Fact]
    public void Each_pin_is_the_interrupt_of_its_number_and_each_processor_has_a_number_of_its_own()
    {
        var entries = Entries(MultiprocessorTable.Make(4));

        Assert.Equal([0, 1, 2, 3, 4], entries.Where(entry => entry[0] is 0 or 2).Select(entry => (int)entry[1]));
        Assert.Equal([3, 1, 1, 1], entries.Where(entry => entry[0] == 0).Select(entry => (int)entry[3]));
        var pins = entries.Where(entry => entry[0] == 3).ToList();
        Assert.Equal(Enumerable.Range(0, X86BoardLayout.InterruptCount), pins.Select(entry => (int)entry[5]));
        Assert.All(pins, entry => Assert.Equal((entry[5], (byte)4), (entry[7], entry[6])));
    }

    private static List<byte[]> Entries(byte[] bytes)
    {
        var entries = new List<byte[]>();
        for (var at = PointerSize + HeaderSize; at < bytes.Length; at += entries[^1].Length)
            entries.Add(bytes[at..(at + (bytes[at] == 0 ? 20 : 8))]);
        return entries;
    }

    private static byte Sum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (var value in bytes)
            sum = unchecked((byte)(sum + value));
        return sum;
    }
}
