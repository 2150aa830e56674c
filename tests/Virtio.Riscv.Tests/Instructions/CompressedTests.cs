using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Instructions;

/// <summary>The C extension. The differential tests contain random mixtures.</summary>
public sealed class CompressedTests
{
    [Fact]
    public void Compressed_arithmetic_matches_the_full_instructions() => Evaluation.Check(
        ("mv a0, a1; c.addi a0, -32", 1, 0, unchecked((ulong)-31)),
        ("mv a0, a1; c.addiw a0, 1", 0x7FFF_FFFF, 0, 0xFFFF_FFFF_8000_0000),
        ("c.li a0, -1", 0, 0, ulong.MaxValue),
        ("c.lui a0, 0xfffe1", 0, 0, 0xFFFF_FFFF_FFFE_1000),
        ("mv a0, a1; c.slli a0, 63", 1, 0, 0x8000_0000_0000_0000),
        ("mv a0, a1; c.srli a0, 63", ulong.MaxValue, 0, 1),
        ("mv a0, a1; c.srai a0, 63", 0x8000_0000_0000_0000, 0, ulong.MaxValue),
        ("mv a0, a1; c.andi a0, -2", 3, 0, 2),
        ("mv a0, a1; c.sub a0, a2", 3, 5, unchecked((ulong)-2)),
        ("mv a0, a1; c.subw a0, a2", 3, 5, unchecked((ulong)-2)),
        ("mv a0, a1; c.addw a0, a2", 0x7FFF_FFFF, 1, 0xFFFF_FFFF_8000_0000),
        ("mv a0, a1; c.xor a0, a2", 3, 5, 6),
        ("mv a0, a1; c.or a0, a2", 3, 5, 7),
        ("mv a0, a1; c.and a0, a2", 3, 5, 1),
        ("c.mv a0, a2", 3, 5, 5),
        ("mv a0, a1; c.add a0, a2", 3, 5, 8));

    [Fact]
    public void Compressed_stack_accesses_reach_their_whole_range()
    {
        using Guest guest = new("""
            _start:
                la sp, stack
                li a1, 0x1122334455667788
                c.sdsp a1, 504(sp)
                c.ldsp a2, 504(sp)
                c.swsp a1, 252(sp)
                c.lwsp a3, 252(sp)
                c.addi4spn a4, sp, 1020
                sub s1, a4, sp
                mv t1, sp
                c.addi16sp sp, -512
                sub s2, sp, t1
                mv s3, a2
                mv s4, a3
                la sp, stack
                c.addi16sp sp, 496
                sub s5, sp, t1
                finish
                .balign 16
            stack: .space 1024
            """);
        guest.Run();
        Assert.Equal((1020UL, unchecked((ulong)-512), 496UL), (guest["s1"], guest["s2"], guest["s5"]));
        Assert.Equal((0x1122334455667788UL, 0x55667788UL), (guest["s3"], guest["s4"]));
    }

    [Fact]
    public void Compressed_jumps_and_branches_reach_both_ways()
    {
        using Guest guest = new("""
            _start:
                li s1, 0
                c.li a0, 0
                c.j 2f
            1:  addi s1, s1, 1
                la t0, 3f
                c.jalr t0
            5:  c.li a0, 1
                c.bnez a0, 4f
                finish
                .space 100
            2:  addi s1, s1, 2
                c.beqz a0, 1b
                finish
            3:  la t1, 5b
                sub s2, ra, t1
                c.jr ra
            4:  finish
            """);
        guest.Run();
        Assert.Equal((3UL, 0UL), (guest["s1"], guest["s2"]));
    }

    [Theory]
    [InlineData("0x0000", 0x0000UL)]
    [InlineData("0x4002", 0x4002UL)] // c.lwsp to x0
    [InlineData("0x8002", 0x8002UL)] // c.jr x0
    [InlineData("0x8000", 0x8000UL)] // reserved in quadrant 0
    [InlineData("0x9C41", 0x9C41UL)] // reserved arithmetic
    [InlineData("0x2001", 0x2001UL)] // c.addiw to x0
    public void A_reserved_encoding_traps_with_its_bits(string halfword, ulong bits)
    {
        using Guest guest = new($"""
            _start:
                handler 1f
                .2byte {halfword}
                finish
                .balign 4
            1:  csrr s1, scause
                csrr s2, stval
                finish
            """);
        guest.Run();
        Assert.Equal((2UL, bits), (guest["s1"], guest["s2"]));
    }
}
