using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Machine;

/// <summary>Memory that the embedder changes while a hart does not run, as a debugger or a loader does.</summary>
public sealed class EmbedderMemoryTests
{
    private const ulong LoadImmediateOneInA0 = 0x0010_0513;
    private const ulong LoadImmediateTwoInA0 = 0x0020_0513;

    [Fact]
    public void Code_written_between_two_runs_is_what_the_second_executes()
    {
        using Guest guest = new("""
            _start: nop
                .balign 8
            place: .dword 0
            """);
        foreach (ulong instruction in (ulong[])[LoadImmediateOneInA0, LoadImmediateTwoInA0])
        {
            guest.SetDoubleword(guest.Symbol("place"), instruction);
            guest.Hart.ProgramCounter = guest.Symbol("place");
            guest.Hart.Step();
            Assert.Equal(instruction >> 20, guest["a0"]);
        }
    }

    [Fact]
    public void A_page_table_written_between_two_runs_is_what_the_second_walks()
    {
        const int Satp = 0x180;
        const ulong Sv39 = 8UL << 60, Leaf = 0xCF, Gigabyte = 1UL << 30;
        using Guest guest = new("""
            _start: ld a0, 0(a1)
                .balign 4096
            table: .space 4096
            """);
        ulong table = guest.Symbol("table"), start = guest.Hart.ProgramCounter;
        guest.SetDoubleword(table + (8 * (Guest.Base / Gigabyte)), (Guest.Base >> 2) | Leaf);
        guest.Hart.TryWriteCsr(Satp, Sv39 | (table >> 12));
        guest.Hart.SetRegister(11, (start & (Gigabyte - 1)) & ~7UL);
        foreach (ulong entry in (ulong[])[(Guest.Base >> 2) | Leaf, 0])
        {
            guest.SetDoubleword(table, entry);
            guest.Hart.ProgramCounter = start;
            Assert.Equal(entry == 0 ? 0UL : 1, guest.Hart.Run(1));
        }
    }
}
