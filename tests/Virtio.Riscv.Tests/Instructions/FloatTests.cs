using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Instructions;

/// <summary>
/// The part of the F and D extensions that the hart itself does: boxing, rounding modes, flags and the state in sstatus. Other tests check
/// the arithmetic.
/// </summary>
public sealed class FloatTests
{
    private const ulong One = 0x3F80_0000;
    private const ulong Boxed = 0xFFFF_FFFF_0000_0000;

    [Fact]
    public void Singles_are_boxed_and_unboxed_values_read_as_nan() => Evaluation.Check(
        ("fmv.w.x f1, a1; fmv.x.d a0, f1", One, 0, Boxed | One),
        ("fmv.d.x f1, a1; fmv.w.x f2, a2; fadd.s f3, f1, f2; fmv.x.d a0, f3", One, One, Boxed | 0x7FC0_0000),
        ("fmv.d.x f1, a1; fmv.x.w a0, f1", 0x1234_5678_8000_0000, 0, 0xFFFF_FFFF_8000_0000),
        ("fmv.d.x f1, a1; fsgnj.s f2, f1, f1; fmv.x.d a0, f2", One, 0, Boxed | 0x7FC0_0000),
        ("fmv.d.x f1, a1; fclass.s a0, f1", One, 0, 1 << 9),
        ("fmv.d.x f1, a1; fsw f1, 0(s0); lwu a0, 0(s0)", 0x1111_2222_3333_4444, 0, 0x3333_4444),
        ("sd a1, 0(s0); flw f1, 0(s0); fmv.x.d a0, f1", 0x1111_2222_3333_4444, 0, Boxed | 0x3333_4444));

    [Fact]
    public void The_rounding_mode_is_the_instructions_or_the_registers() => Evaluation.Check(
        Rounded("rne", 0, 2), Rounded("rtz", 0, 2), Rounded("rdn", 0, 2), Rounded("rup", 0, 3), Rounded("rmm", 0, 3),
        Rounded("dyn", 0, 2), Rounded("dyn", 1, 2), Rounded("dyn", 2, 2), Rounded("dyn", 3, 3), Rounded("dyn", 4, 3));

    [Fact]
    public void Flags_accrue_until_they_are_written() => Evaluation.Check(
        ("csrwi fcsr, 0; fmv.d.x f1, a1; fmv.d.x f2, a2; fdiv.d f3, f1, f2; fmul.d f4, f2, f2; frflags a0", 0x3FF0_0000_0000_0000, 0, 8),
        ("csrwi fcsr, 0; fmv.d.x f1, a1; fcvt.w.d a3, f1; fsqrt.d f2, f1; frflags a0", 0xFFF0_0000_0000_0000, 0, 16),
        ("csrwi fflags, 31; csrci fflags, 5; frcsr a0", 0, 0, 26),
        ("li a3, 0xff; csrw fcsr, a3; frrm a0", 0, 0, 7),
        ("li a3, 0xfff; csrw fcsr, a3; frcsr a0; csrwi fcsr, 0", 0, 0, 0xFF));

    [Theory]
    [InlineData("fadd.d f1, f1, f1")]
    [InlineData("fld f1, 0(sp)")]
    [InlineData("fsw f1, 0(sp)")]
    [InlineData("c.fldsp f1, 0(sp)")]
    [InlineData("csrr a0, fcsr")]
    [InlineData("fmv.x.d a0, f1")]
    public void Without_floating_point_state_the_instruction_is_illegal(string instruction)
    {
        using Guest guest = new($"""
            _start:
                handler 1f
                la sp, area
            2:  {instruction}
                finish
                .balign 4
            1:  csrr s1, scause
                csrr s2, sepc
                la s3, 2b
                finish
                .balign 8
            area: .space 16
            """);
        guest.Run();
        Assert.Equal(2UL, guest["s1"]);
        Assert.Equal(guest["s3"], guest["s2"]);
    }

    [Theory]
    [InlineData("csrwi frm, 5; fadd.d f1, f1, f1")]
    [InlineData(".insn r 0x53, 5, 1, f1, f1, f1")]
    [InlineData(".insn r 0x53, 3, 0x11, f1, f1, f1")]
    [InlineData(".insn r 0x53, 0, 2, f1, f1, f1")]
    [InlineData(".insn r 0x53, 0, 0x69, f1, x1, x7")]
    [InlineData(".insn i 0x07, 1, x1, 0(sp)")]
    public void A_reserved_rounding_mode_or_encoding_is_illegal(string instructions)
    {
        using Guest guest = new($"""
            _start:
                handler 1f
                li t0, 0x2000
                csrs sstatus, t0
                {instructions}
                finish
                .balign 4
            1:  csrr s1, scause
                finish
            """);
        guest.Run();
        Assert.Equal(2UL, guest["s1"]);
    }

    [Theory]
    [InlineData("fmv.d.x f1, x0", true)]
    [InlineData("fld f1, 0(sp)", true)]
    [InlineData("csrwi frm, 1", true)]
    [InlineData("fmv.x.d a0, f1", false)]
    [InlineData("fsd f1, 0(sp)", false)]
    [InlineData("fcvt.w.d a0, f1", false)]
    [InlineData("csrr a0, fcsr", false)]
    public void Only_what_changes_the_state_makes_it_dirty(string instruction, bool dirty)
    {
        using Guest guest = new($"""
            _start:
                la sp, area
                li t0, 0x4000
                csrs sstatus, t0
                {instruction}
                csrr s1, sstatus
                finish
                .balign 8
            area: .space 16
            """);
        guest.Run();
        Assert.Equal(dirty ? 3UL : 2, (guest["s1"] >> 13) & 3);
        Assert.Equal(dirty, guest["s1"] >> 63 != 0);
    }

    private static (string Instruction, ulong A1, ulong A2, ulong Expected) Rounded(string mode, int register, ulong expected) =>
        ($"csrwi frm, {register}; fmv.d.x f1, a1; fcvt.l.d a0, f1, {mode}; csrwi frm, 0", 0x4004_0000_0000_0000, 0, expected);
}
