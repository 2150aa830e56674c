using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Instructions;

/// <summary>RV64I: results at the edges of the operands.</summary>
public sealed class IntegerTests
{
    private const ulong Most = 0x7FFF_FFFF_FFFF_FFFF;
    private const ulong Least = 0x8000_0000_0000_0000;

    [Fact]
    public void Addition_and_subtraction_wrap() => Evaluation.Check(
        ("add a0, a1, a2", Most, 1, Least),
        ("sub a0, a1, a2", 0, 1, ulong.MaxValue),
        ("addw a0, a1, a2", 0x7FFF_FFFF, 1, 0xFFFF_FFFF_8000_0000),
        ("subw a0, a1, a2", 0x8000_0000, 1, 0x7FFF_FFFF),
        ("addi a0, a1, -2048", 0, 0, 0xFFFF_FFFF_FFFF_F800),
        ("addiw a0, a1, 1", 0x1_7FFF_FFFF, 0, 0xFFFF_FFFF_8000_0000),
        ("sext.w a0, a1", 0x1_8000_0000, 0, 0xFFFF_FFFF_8000_0000));

    [Fact]
    public void Shifts_use_six_or_five_bits_of_the_amount() => Evaluation.Check(
        ("sll a0, a1, a2", 1, 0x7F, Least),
        ("srl a0, a1, a2", Least, 0x40, Least),
        ("sra a0, a1, a2", Least, 63, ulong.MaxValue),
        ("sllw a0, a1, a2", 1, 0x3F, 0xFFFF_FFFF_8000_0000),
        ("srlw a0, a1, a2", 0x8000_0000, 0x20, 0xFFFF_FFFF_8000_0000),
        ("sraw a0, a1, a2", 0x8000_0000, 31, ulong.MaxValue),
        ("slli a0, a1, 63", 3, 0, Least),
        ("srli a0, a1, 63", Least, 0, 1),
        ("srai a0, a1, 63", Least, 0, ulong.MaxValue),
        ("slliw a0, a1, 31", 1, 0, 0xFFFF_FFFF_8000_0000),
        ("srliw a0, a1, 31", 0xFFFF_FFFF_8000_0000, 0, 1),
        ("sraiw a0, a1, 31", 0x8000_0000, 0, ulong.MaxValue));

    [Fact]
    public void Comparisons_tell_signed_from_unsigned() => Evaluation.Check(
        ("slt a0, a1, a2", Least, Most, 1),
        ("sltu a0, a1, a2", Least, Most, 0),
        ("slti a0, a1, -1", Least, 0, 1),
        ("sltiu a0, a1, -1", 5, 0, 1),
        ("sltiu a0, a1, 1", 0, 0, 1),
        ("slt a0, a1, a2", 7, 7, 0));

    [Fact]
    public void Logic_sign_extends_its_immediates() => Evaluation.Check(
        ("xori a0, a1, -1", 0x0F, 0, 0xFFFF_FFFF_FFFF_FFF0),
        ("ori a0, a1, -2048", 1, 0, 0xFFFF_FFFF_FFFF_F801),
        ("andi a0, a1, -16", ulong.MaxValue, 0, 0xFFFF_FFFF_FFFF_FFF0),
        ("and a0, a1, a2", 0xF0F0, 0xFF00, 0xF000),
        ("or a0, a1, a2", 0xF0F0, 0xFF00, 0xFFF0),
        ("xor a0, a1, a2", 0xF0F0, 0xFF00, 0x0FF0),
        ("lui a0, 0x80000", 0, 0, 0xFFFF_FFFF_8000_0000));

    [Fact]
    public void Branches_decide_on_every_relation() => Evaluation.Check(
        Taken("beq", 5, 5, true), Taken("beq", 5, 6, false),
        Taken("bne", 5, 6, true), Taken("bne", 5, 5, false),
        Taken("blt", Least, 0, true), Taken("blt", 0, Least, false), Taken("blt", 3, 3, false),
        Taken("bge", 0, Least, true), Taken("bge", Least, 0, false), Taken("bge", 3, 3, true),
        Taken("bltu", 0, Least, true), Taken("bltu", Least, 0, false), Taken("bltu", 3, 3, false),
        Taken("bgeu", Least, 0, true), Taken("bgeu", 0, Least, false), Taken("bgeu", 3, 3, true));

    [Fact]
    public void A_branch_reaches_another_page()
    {
        using Guest guest = new("""
            _start:
                li a0, 1
                li a1, 2
                bltu a0, a1, far
                finish
                .balign 4096
            back:
                li s2, 7
                finish
                .space 2000
            far:
                li s1, 5
                bne a0, a1, back
                finish
            """);
        guest.Run();
        Assert.Equal((5UL, 7UL), (guest["s1"], guest["s2"]));
    }

    [Fact]
    public void Jumps_link_and_clear_the_lowest_bit_of_the_target()
    {
        using Guest guest = new("""
            _start:
                la t0, 2f + 1
            1:  jalr s1, 0(t0)
                finish
            2:  la s2, 1b
                sub s1, s1, s2
                auipc s3, 1
                la s4, .
                finish
            """);
        guest.Run();
        Assert.Equal(4UL, guest["s1"]);
        Assert.Equal(0x1000UL - 4, guest["s3"] - guest["s4"]);
    }

    [Fact]
    public void The_zero_register_swallows_every_write() => Evaluation.Check(
        ("addi x0, a1, 5; mv a0, x0", 1, 2, 0),
        ("add x0, a1, a2; mv a0, x0", 1, 2, 0),
        ("mul x0, a1, a2; mv a0, x0", 3, 2, 0),
        ("lui x0, 5; mv a0, x0", 3, 2, 0),
        ("ld x0, 0(s0); mv a0, x0", 3, 2, 0),
        ("csrr x0, sstatus; mv a0, x0", 3, 2, 0),
        ("amoadd.d x0, a1, (s0); mv a0, x0", 3, 2, 0),
        ("fmv.d.x f0, a1; fmv.x.d x0, f0; mv a0, x0", 3, 2, 0));

    private static (string Instruction, ulong A1, ulong A2, ulong Expected) Taken(string branch, ulong a1, ulong a2, bool taken) =>
        ($"li a0, 1; {branch} a1, a2, 77f; li a0, 0; 77:", a1, a2, taken ? 1UL : 0);
}
