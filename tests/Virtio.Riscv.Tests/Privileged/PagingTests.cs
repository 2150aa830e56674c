using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Privileged;

/// <summary>Sv39: rights, superpages, accessed and dirty bits, faults and fences.</summary>
public sealed class PagingTests
{
    private const int V = 1, R = 2, W = 4, X = 8, U = 16, A = 64, D = 128, All = V | R | W | X | A | D;
    private const ulong Root = Guest.Base + 0x40_0000, Middle = Root + 0x1000, Leaves = Root + 0x2000;
    private const ulong Data = Guest.Base + 0x50_0000, Other = Guest.Base + 0x60_0000;
    private const int LoadFault = 13, StoreFault = 15, FetchFault = 12;

    // The program itself runs in an identity-mapped gigapage. t1 is the page under test, at 1 GiB, and t2 the page after it.
    private const string Prologue = """
        _start:
            handler trap
            li t0, 0x8000000000080400
            csrw satp, t0
            sfence.vma
            li t1, 0x40000000
            li t2, 0x40001000
            li s0, 0

        """;

    private const string Epilogue = """

            li s0, 1
            finish
            .balign 4
        trap:
            csrr s1, scause
            csrr s2, stval
            csrr s3, sepc
            finish
        """;

    [Theory]
    [InlineData(0, "ld a0, 0(t1)", LoadFault)]
    [InlineData(V | W | A | D, "ld a0, 0(t1)", LoadFault)]
    [InlineData(V | R | A | D, "ld a0, 0(t1)", 0)]
    [InlineData(V | R | A | D, "sd a0, 0(t1)", StoreFault)]
    [InlineData(V | R | A | D, "amoadd.w a0, a0, (t1)", StoreFault)]
    [InlineData(V | R | A | D, "lr.w a0, (t1)", 0)]
    [InlineData(V | R | A | D, "jr t1", FetchFault)]
    [InlineData(V | R | W | A | D, "sd a0, 0(t1)", 0)]
    [InlineData(V | X | A | D, "ld a0, 0(t1)", LoadFault)]
    [InlineData(V | X | A | D, "li t0, 0x80000; csrs sstatus, t0; ld a0, 0(t1)", 0)]
    [InlineData(V | X | A | D, "li t0, 0x80000; csrs sstatus, t0; ld a0, 0(t1); csrc sstatus, t0; ld a0, 0(t1)", LoadFault)]
    [InlineData(All | U, "ld a0, 0(t1)", LoadFault)]
    [InlineData(All | U, "li t0, 0x40000; csrs sstatus, t0; ld a0, 0(t1); sd a0, 0(t1)", 0)]
    [InlineData(All | U, "li t0, 0x40000; csrs sstatus, t0; ld a0, 0(t1); csrc sstatus, t0; ld a0, 0(t1)", LoadFault)]
    [InlineData(All | U, "li t0, 0x40000; csrs sstatus, t0; jr t1", FetchFault)]
    [InlineData(All, "li t1, 0x4000000000; ld a0, 0(t1)", LoadFault)]
    [InlineData(All, "li t1, 0x8000000040000000; ld a0, 0(t1)", LoadFault)]
    public void A_page_allows_what_its_bits_and_the_mode_say(int flags, string instructions, int cause)
    {
        using Guest guest = Paged(instructions);
        Map(guest, 0, Data, flags);
        guest.Run();
        Assert.Equal((ulong)cause, guest["s1"]);
        Assert.Equal(cause == 0 ? 1UL : 0, guest["s0"]);
        if (cause != 0)
            Assert.Equal(guest["t1"], guest["s2"]);
    }

    [Theory]
    [InlineData(54)]
    [InlineData(61)]
    [InlineData(63)]
    public void A_reserved_bit_in_an_entry_faults(int bit)
    {
        using Guest guest = Paged("ld a0, 0(t1)");
        Map(guest, 0, Data, All);
        guest.SetDoubleword(Leaves, guest.Doubleword(Leaves) | (1UL << bit));
        guest.Run();
        Assert.Equal((ulong)LoadFault, guest["s1"]);
    }

    [Theory]
    [InlineData("ld a0, 0(t1)", A)]
    [InlineData("sd a0, 0(t1)", A | D)]
    [InlineData("ld a0, 0(t1); sd a0, 0(t1)", A | D)]
    [InlineData("amoor.d a0, a0, (t1)", A | D)]
    [InlineData("la a0, 9f; sd a0, 8(x0); 9:", 0)]
    public void Hardware_sets_the_accessed_and_dirty_bits(string instructions, int expected)
    {
        using Guest guest = Paged(instructions);
        Map(guest, 0, Data, V | R | W);
        guest.Run();
        Assert.Equal((ulong)expected, guest.Doubleword(Leaves) & (A | D));
    }

    [Fact]
    public void Execution_sets_the_accessed_bit_and_runs_the_page()
    {
        const ulong LoadImmediate = 0x02A0_0493, Return = 0x0000_8067;
        using Guest guest = Paged("jalr t1");
        Map(guest, 0, Data, V | X);
        guest.SetDoubleword(Data, LoadImmediate | (Return << 32));
        guest.Run();
        Assert.Equal((1UL, 42UL), (guest["s0"], guest["s1"]));
        Assert.Equal((ulong)A, guest.Doubleword(Leaves) & (A | D));
    }

    [Fact]
    public void A_megapage_maps_two_mebibytes()
    {
        using Guest guest = Paged("li t1, 0x40203458; ld s4, 0(t1)");
        guest.SetDoubleword(Middle + 8, Entry(Guest.Base + 0x20_0000, All));
        guest.SetDoubleword(Guest.Base + 0x20_3458, 0xABCD);
        guest.Run();
        Assert.Equal((1UL, 0xABCDUL), (guest["s0"], guest["s4"]));
    }

    [Fact]
    public void A_misaligned_superpage_faults()
    {
        using Guest guest = Paged("li t1, 0x40200000; ld s4, 0(t1)");
        guest.SetDoubleword(Middle + 8, Entry(Guest.Base + 0x20_1000, All));
        guest.Run();
        Assert.Equal((ulong)LoadFault, guest["s1"]);
    }

    [Fact]
    public void A_pointer_entry_with_leaf_bits_faults()
    {
        using Guest guest = Paged("ld a0, 0(t1)");
        Map(guest, 0, Data, All);
        guest.SetDoubleword(Middle, Entry(Leaves, V | A));
        guest.Run();
        Assert.Equal((ulong)LoadFault, guest["s1"]);
    }

    [Fact]
    public void A_page_table_outside_memory_gives_an_access_fault()
    {
        using Guest guest = Paged("ld a0, 0(t1)");
        guest.SetDoubleword(Middle, Entry(0x1000_0000, V));
        guest.Run();
        Assert.Equal(5UL, guest["s1"]);
    }

    [Theory]
    [InlineData("ld a0, -4(t2)", LoadFault)]
    [InlineData("sd a0, -4(t2)", StoreFault)]
    [InlineData("sh a0, -1(t2)", StoreFault)]
    public void An_access_into_a_missing_second_page_faults_there_and_writes_nothing(string instruction, int cause)
    {
        using Guest guest = Paged("li a0, -1\n" + instruction);
        Map(guest, 0, Data, All);
        guest.Run();
        Assert.Equal(((ulong)cause, 0x4000_1000UL), (guest["s1"], guest["s2"]));
        Assert.Equal(0UL, guest.Doubleword(Data + 0xFF8));
    }

    [Fact]
    public void An_instruction_across_pages_faults_on_the_second_and_runs_when_both_are_there()
    {
        const ulong LoadImmediate = 0x02A0_0A13, Return = 0x0000_8067;
        using Guest guest = Paged("li t1, 0x40000ffe; jalr t1; li s5, 1");
        Map(guest, 0, Data, All);
        guest.SetDoubleword(Data + 0xFF8, LoadImmediate << 48);
        guest.Run();
        Assert.Equal(((ulong)FetchFault, 0x4000_1000UL, 0x4000_0FFEUL), (guest["s1"], guest["s2"], guest["s3"]));

        using Guest second = Paged("li t1, 0x40000ffe; jalr t1; li s5, 1; jalr t1");
        Map(second, 0, Data, All);
        Map(second, 1, Other, All);
        second.SetDoubleword(Data + 0xFF8, LoadImmediate << 48);
        second.SetDoubleword(Other, (LoadImmediate >> 16) | (Return << 16));
        second.Run();
        Assert.Equal((1UL, 42UL, 1UL), (second["s0"], second["s4"], second["s5"]));
    }

    [Theory]
    [InlineData("sfence.vma")]
    [InlineData("sfence.vma t1")]
    [InlineData("sfence.vma t1, x0")]
    [InlineData("sfence.vma x0, t1")]
    public void A_fence_makes_a_changed_entry_take_effect(string fence)
    {
        using Guest guest = Paged($"""
                ld s4, 0(t1)
                li t3, 0x80402000
                li t4, {Entry(Other, All)}
                sd t4, 0(t3)
                {fence}
                ld s5, 0(t1)
                sd s5, 8(t1)
            """);
        Map(guest, 0, Data, All);
        guest.SetDoubleword(Data, 1);
        guest.SetDoubleword(Other, 2);
        guest.Run();
        Assert.Equal((1UL, 2UL), (guest["s4"], guest["s5"]));
        Assert.Equal(2UL, guest.Doubleword(Other + 8));
    }

    [Fact]
    public void A_fence_for_one_address_drops_the_whole_superpage()
    {
        using Guest guest = Paged($"""
                li t1, 0x40200000
                li t2, 0x40205000
                ld s4, 0(t2)
                li t3, 0x80401008
                sd x0, 0(t3)
                sfence.vma t1
                ld s5, 0(t2)
            """);
        guest.SetDoubleword(Middle + 8, Entry(Guest.Base + 0x20_0000, All));
        guest.Run();
        Assert.Equal(((ulong)LoadFault, 0x4020_5000UL), (guest["s1"], guest["s2"]));
    }

    [Theory]
    [InlineData(All, "ld a0, 0(t2)", LoadFault)]
    [InlineData(All, "jr t2", FetchFault)]
    [InlineData(All | U, "ld a0, 0(t2); ecall", 8)]
    [InlineData(All | U, "sd a0, 0(t2); ecall", 8)]
    [InlineData(V | R | U, "sd a0, 0(t2); ecall", StoreFault)]
    public void User_mode_reaches_only_user_pages(int flags, string instructions, int cause)
    {
        using Guest guest = Paged($"""
                la t3, user
                li t4, {Data}
                li t6, 32
            1:  lbu t5, 0(t3)
                sb t5, 0(t4)
                addi t3, t3, 1
                addi t4, t4, 1
                addi t6, t6, -1
                bnez t6, 1b
                fence.i
                csrw sepc, t1
                li t0, 0x100
                csrc sstatus, t0
                sret
            user: {instructions}
                .space 32
            """);
        Map(guest, 0, Data, All | U);
        Map(guest, 1, Other, flags);
        guest.Run();
        Assert.Equal((ulong)cause, guest["s1"]);
    }

    private static Guest Paged(string instructions)
    {
        Guest guest = new(Prologue + instructions + Epilogue);
        guest.SetDoubleword(Root + 16, Entry(Guest.Base, All));
        guest.SetDoubleword(Root + 8, Entry(Middle, V));
        guest.SetDoubleword(Middle, Entry(Leaves, V));
        return guest;
    }

    private static void Map(Guest guest, int page, ulong physical, int flags) =>
        guest.SetDoubleword(Leaves + (ulong)(8 * page), Entry(physical, flags));

    private static ulong Entry(ulong physical, int flags) => (physical >> 12 << 10) | (uint)flags;
}
