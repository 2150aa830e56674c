using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Instructions;

/// <summary>The A extension on one hart. <see cref="Machine.MultiHartTests"/> tests it on several harts.</summary>
public sealed class AtomicTests
{
    [Theory]
    [InlineData("amoswap", 5UL, 3UL, 3UL)]
    [InlineData("amoadd", 5UL, 3UL, 8UL)]
    [InlineData("amoxor", 5UL, 3UL, 6UL)]
    [InlineData("amoand", 5UL, 3UL, 1UL)]
    [InlineData("amoor", 5UL, 3UL, 7UL)]
    [InlineData("amomin", 0xFFFF_FFFF_FFFF_FFFFUL, 3UL, 0xFFFF_FFFF_FFFF_FFFFUL)]
    [InlineData("amomax", 0xFFFF_FFFF_FFFF_FFFFUL, 3UL, 3UL)]
    [InlineData("amominu", 0xFFFF_FFFF_FFFF_FFFFUL, 3UL, 3UL)]
    [InlineData("amomaxu", 0xFFFF_FFFF_FFFF_FFFFUL, 3UL, 0xFFFF_FFFF_FFFF_FFFFUL)]
    public void An_atomic_operation_returns_the_old_value_and_stores_the_new(string operation, ulong old, ulong operand, ulong stored) =>
        Evaluation.Check(
        ($"sd a1, 0(s0); {operation}.d a0, a2, (s0)", old, operand, old),
        ($"sd a1, 0(s0); {operation}.d.aqrl a0, a2, (s0); ld a0, 0(s0)", old, operand, stored),
        ($"sw a1, 0(s0); {operation}.w a0, a2, (s0)", old, operand, (ulong)(int)old),
        ($"sw a1, 0(s0); {operation}.w a0, a2, (s0); lw a0, 0(s0)", old, operand, (ulong)(int)stored),
        ($"sd a1, 0(s0); {operation}.w a0, a2, (s0); lwu a0, 4(s0)", old, operand, old >> 32));

    [Fact]
    public void A_conditional_store_succeeds_once_and_only_with_its_own_reservation() => Evaluation.Check(
        ("sd a1, 0(s0); lr.d a3, (s0); sc.d a0, a2, (s0)", 1, 2, 0),
        ("sd a1, 0(s0); lr.d a3, (s0); sc.d a0, a2, (s0); ld a0, 0(s0)", 1, 2, 2),
        ("sd a1, 0(s0); lr.d a3, (s0); sc.d a0, a2, (s0); sc.d a0, a2, (s0)", 1, 2, 1),
        ("sd a1, 0(s0); sc.d a0, a2, (s0)", 1, 2, 1),
        ("sd a1, 0(s0); lr.d a3, (s0); addi a4, s0, 8; sc.d a0, a2, (a4)", 1, 2, 1),
        ("sd a1, 0(s0); lr.d a3, (s0); addi a4, s0, 8; sc.d a0, a2, (a4); sc.d a0, a2, (s0)", 1, 2, 1),
        ("sd a1, 0(s0); lr.w a3, (s0); sc.d a0, a2, (s0)", 1, 2, 1),
        ("sd a1, 0(s0); lr.d a3, (s0); sd a2, 0(s0); sc.d a0, a1, (s0)", 1, 2, 1),
        ("sd a1, 0(s0); lr.w a0, (s0)", 0x8000_0000, 2, 0xFFFF_FFFF_8000_0000));

    [Theory]
    [InlineData("amoadd.d a0, a1, (t1)", 6)]
    [InlineData("sc.w a0, a1, (t1)", 6)]
    [InlineData("lr.w a0, (t1)", 4)]
    public void A_misaligned_atomic_access_traps(string instruction, int cause)
    {
        using Guest guest = new($"""
            _start:
                handler 1f
                la t1, area + 2
                {instruction}
                finish
                .balign 4
            1:  csrr s1, scause
                csrr s2, stval
                mv s3, t1
                finish
                .balign 8
            area: .space 16
            """);
        guest.Run();
        Assert.Equal((ulong)cause, guest["s1"]);
        Assert.Equal(guest["s3"], guest["s2"]);
    }

    [Theory]
    [InlineData("amoadd.w a0, a1, (t1)", 7)]
    [InlineData("lr.w a0, (t1)", 5)]
    public void An_atomic_access_outside_memory_faults(string instruction, int cause)
    {
        using Guest guest = new($"""
            _start:
                handler 1f
                li t1, 0x10000000
                {instruction}
                finish
                .balign 4
            1:  csrr s1, scause
                finish
            """);
        guest.Run();
        Assert.Equal((ulong)cause, guest["s1"]);
    }
}
