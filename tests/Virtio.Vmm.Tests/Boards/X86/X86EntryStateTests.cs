using System.Buffers.Binary;
using Virtio.Memory;
using Virtio.Vmm.Boards.X86;
using Virtio.Vmm.Linux;

namespace Virtio.Vmm.Tests.Boards.X86;

public sealed class X86EntryStateTests : IDisposable
{
    private readonly GuestMemory _memory = GuestMemory.Allocate((0UL, 2UL << 20));

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void A_64_bit_kernel_finds_long_mode_and_its_zero_page()
    {
        var state = Prepare(X86BootProtocol.Linux64);

        Assert.Equal((0x100_0200UL, 0x7000UL, 0UL, 2UL), (state.InstructionPointer, state.Rsi, state.Rbx, state.Flags));
        Assert.Equal((0x8000_0011UL, 0x20UL, 0x500UL), (state.Cr0, state.Cr4, state.Efer));
        Assert.Equal((0x10, true, false), (state.Code.Selector, state.Code.IsLong, state.Code.Is32Bit));
        Assert.Equal(0x18, state.Data.Selector);
    }

    [Fact]
    public void A_PVH_kernel_finds_32_bits_no_paging_and_its_start_info()
    {
        var state = Prepare(X86BootProtocol.Pvh);

        Assert.Equal((0x100_0200UL, 0UL, 0x7000UL), (state.InstructionPointer, state.Rsi, state.Rbx));
        Assert.Equal((0x11UL, 0UL, 0UL, 0UL), (state.Cr0, state.Cr3, state.Cr4, state.Efer));
        Assert.True(state.Code is { IsLong: false, Is32Bit: true, Limit: uint.MaxValue });
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(0x12_3456UL)]
    [InlineData(0x4000_0000UL)]
    [InlineData(0xcfff_ffffUL)]
    [InlineData(0xffff_ffffUL)]
    public void Every_address_below_4_GiB_is_mapped_to_itself(ulong address)
    {
        var state = Prepare(X86BootProtocol.Linux64);

        var table = Next(state.Cr3, address >> 39);
        table = Next(table, address >> 30);
        var entry = Entry(table, address >> 21);
        Assert.Equal(address & ~0x1f_ffffUL, entry & ~0xfffUL);
        Assert.Equal(0x83UL, entry & 0xfff); // present, writable, large
    }

    [Fact]
    public void Beyond_4_GiB_nothing_is_mapped()
    {
        var state = Prepare(X86BootProtocol.Linux64);

        Assert.Equal(0UL, Entry(Next(state.Cr3, 0), 4));
        Assert.Equal(0UL, Entry(state.Cr3, 1));
    }

    /// <summary>Compares the descriptors with those that other systems write out by hand.</summary>
    [Fact]
    public void The_descriptors_are_in_the_table_where_the_selectors_point()
    {
        var state = Prepare(X86BootProtocol.Linux64);
        Assert.Equal(0x00af_9b00_0000_ffffUL, Entry(state.GdtAddress, 2));
        Assert.Equal(0x00cf_9300_0000_ffffUL, Entry(state.GdtAddress, 3));
        Assert.Equal(0x0000_8b00_0000_0067UL, Entry(state.GdtAddress, 4));
        Assert.Equal(39, state.GdtLimit);

        Prepare(X86BootProtocol.Pvh);
        Assert.Equal(0x00cf_9b00_0000_ffffUL, Entry(state.GdtAddress, 2));
    }

    private X86EntryState Prepare(X86BootProtocol protocol) => X86EntryState.Prepare(_memory, new X86Boot(protocol, 0x100_0200, 0x7000));

    private ulong Next(ulong table, ulong index)
    {
        var entry = Entry(table, index);
        Assert.Equal(3UL, entry & 0xfff);
        return entry & ~0xfffUL;
    }

    private ulong Entry(ulong table, ulong index)
    {
        Span<byte> bytes = stackalloc byte[8];
        Assert.True(_memory.TryRead(table + index % 512 * 8, bytes));
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
