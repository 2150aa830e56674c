using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Privileged;

/// <summary>The bits that each control and status register holds, and the privilege levels that may access it.</summary>
public sealed class CsrTests
{
    [Fact]
    public void Registers_hold_only_the_bits_they_have() => Evaluation.Check(
        Written("sstatus", ulong.MaxValue & ~2UL, 0x8000_0002_000C_6120),
        Written("sie", ulong.MaxValue, 0x222, "csrw sie, x0"),
        Written("stvec", 0x8000_0003, 0x8000_0001),
        Written("sepc", 0x8000_0003, 0x8000_0002),
        Written("scounteren", ulong.MaxValue, 7),
        Written("senvcfg", ulong.MaxValue, 1),
        Written("sscratch", 0x1234_5678_9ABC_DEF1, 0x1234_5678_9ABC_DEF1),
        Written("scause", 0x8000_0000_0000_0005, 0x8000_0000_0000_0005),
        Written("stval", ulong.MaxValue, ulong.MaxValue),
        Written("sip", ulong.MaxValue, 2),
        Written("0x14D", ulong.MaxValue, ulong.MaxValue),
        Written("satp", 0x9000_0000_0008_0000, 0),
        ("csrw sstatus, x0; csrr a0, sstatus", 0, 0, 0x2_0000_0000));

    [Fact]
    public void Neither_an_unknown_mode_nor_an_address_space_identifier_sticks() => Evaluation.Check(
        ("csrw satp, a1; csrr a0, satp", 0xA000_0000_0008_0000, 0, 0),
        ("csrw satp, a1; csrr a0, satp", 0x0FFF_F000_0000_0000, 0, 0));

    [Fact]
    public void Set_and_clear_change_only_the_named_bits() => Evaluation.Check(
        ("csrw sscratch, a1; csrrs a0, sscratch, a2", 0xF0, 0x0F, 0xF0),
        ("csrw sscratch, a1; csrs sscratch, a2; csrr a0, sscratch", 0xF0, 0x0F, 0xFF),
        ("csrw sscratch, a1; csrc sscratch, a2; csrr a0, sscratch", 0xFF, 0x0F, 0xF0),
        ("csrw sscratch, a1; csrrwi a0, sscratch, 3", 0xFF, 0, 0xFF),
        ("csrwi sscratch, 3; csrsi sscratch, 12; csrci sscratch, 1; csrr a0, sscratch", 0, 0, 14),
        ("csrw sscratch, a1; csrrw a1, sscratch, a1; mv a0, a1", 5, 0, 5));

    [Fact]
    public void Counters_advance_with_the_instructions()
    {
        using Guest guest = new("""
            _start:
                rdinstret s1
                nop
                nop
                rdinstret s2
                rdcycle s3
                rdtime s4
                finish
            """);
        guest.Run();
        Assert.Equal(0UL, guest["s1"]);
        Assert.Equal(3UL, guest["s2"]);
        Assert.Equal(4UL, guest["s3"]);
    }

    [Theory]
    [InlineData("csrr a0, mstatus")]
    [InlineData("csrr a0, 0x600")]
    [InlineData("csrr a0, 0x123")]
    [InlineData("csrr a0, hpmcounter3")]
    [InlineData("csrw cycle, a0")]
    [InlineData("csrwi time, 0")]
    [InlineData("mret")]
    [InlineData(".4byte 0x22000073")]
    [InlineData(".4byte 0xffffffff")]
    [InlineData(".4byte 0x00000073 | (7 << 7)")]
    [InlineData(".4byte 0xc0001073")]
    public void What_does_not_exist_is_illegal_and_gives_its_bits(string instruction)
    {
        using Guest guest = new($"""
            .option norvc
            _start:
                handler 1f
            2:  {instruction}
                finish
                .balign 4
            1:  csrr s1, scause
                csrr s2, stval
                csrr s3, sepc
                lwu s4, 0(s3)
                la s5, 2b
                finish
            """);
        guest.Run();
        Assert.Equal(2UL, guest["s1"]);
        Assert.Equal(guest["s4"], guest["s2"]);
        Assert.Equal(guest["s5"], guest["s3"]);
    }

    [Theory]
    [InlineData("csrr a0, sstatus", false)]
    [InlineData("csrr a0, satp", false)]
    [InlineData("sret", false)]
    [InlineData("wfi", false)]
    [InlineData("sfence.vma", false)]
    [InlineData("rdtime a0", false)]
    [InlineData("rdcycle a0", false)]
    [InlineData("csrr a0, fflags", true)]
    public void User_mode_reaches_only_its_own(string instruction, bool allowed)
    {
        using Guest guest = new($"""
            _start:
                handler 1f
                float_on
                csrwi scounteren, 0
                la t0, 2f
                csrw sepc, t0
                li t0, 0x100
                csrc sstatus, t0
                sret
            2:  {instruction}
                ecall
                .balign 4
            1:  csrr s1, scause
                finish
            """);
        guest.Run();
        Assert.Equal(allowed ? 8UL : 2, guest["s1"]);
    }

    [Theory]
    [InlineData(1, "rdcycle s2")]
    [InlineData(2, "rdtime s2")]
    [InlineData(4, "rdinstret s2")]
    public void The_supervisor_lets_user_mode_read_each_counter(int bit, string instruction)
    {
        using Guest guest = new($"""
            _start:
                handler 1f
                csrwi scounteren, {bit}
                la t0, 2f
                csrw sepc, t0
                sret
            2:  {instruction}
                ecall
                .balign 4
            1:  csrr s1, scause
                finish
            """);
        guest.Run();
        Assert.Equal(8UL, guest["s1"]);
    }

    private static (string Instruction, ulong A1, ulong A2, ulong Expected) Written(
        string register, ulong value, ulong expected, string after = "") =>
        ($"csrw {register}, a1; csrr a0, {register}; {after}", value, 0, expected);
}
