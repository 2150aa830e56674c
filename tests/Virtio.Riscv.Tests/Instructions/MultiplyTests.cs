using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Instructions;

/// <summary>The M extension.</summary>
public sealed class MultiplyTests
{
    private const ulong Least = 0x8000_0000_0000_0000;

    [Fact]
    public void Products_have_their_high_halves() => Evaluation.Check(
        ("mul a0, a1, a2", ulong.MaxValue, ulong.MaxValue, 1),
        ("mulh a0, a1, a2", ulong.MaxValue, ulong.MaxValue, 0),
        ("mulh a0, a1, a2", Least, Least, 0x4000_0000_0000_0000),
        ("mulhu a0, a1, a2", ulong.MaxValue, ulong.MaxValue, 0xFFFF_FFFF_FFFF_FFFE),
        ("mulhsu a0, a1, a2", ulong.MaxValue, ulong.MaxValue, ulong.MaxValue),
        ("mulhsu a0, a1, a2", Least, ulong.MaxValue, Least),
        ("mulw a0, a1, a2", 0x7FFF_FFFF, 2, 0xFFFF_FFFF_FFFF_FFFE));

    [Fact]
    public void Division_by_zero_gives_ones_and_the_dividend() => Evaluation.Check(
        ("div a0, a1, a2", 7, 0, ulong.MaxValue),
        ("divu a0, a1, a2", 7, 0, ulong.MaxValue),
        ("rem a0, a1, a2", 7, 0, 7),
        ("remu a0, a1, a2", 7, 0, 7),
        ("divw a0, a1, a2", 7, 0xFFFF_FFFF_0000_0000, ulong.MaxValue),
        ("divuw a0, a1, a2", 7, 0xFFFF_FFFF_0000_0000, ulong.MaxValue),
        ("remw a0, a1, a2", 0x8000_0000, 0, 0xFFFF_FFFF_8000_0000),
        ("remuw a0, a1, a2", 0x8000_0000, 0, 0xFFFF_FFFF_8000_0000));

    [Fact]
    public void Division_that_overflows_gives_the_dividend() => Evaluation.Check(
        ("div a0, a1, a2", Least, ulong.MaxValue, Least),
        ("rem a0, a1, a2", Least, ulong.MaxValue, 0),
        ("divw a0, a1, a2", 0x8000_0000, ulong.MaxValue, 0xFFFF_FFFF_8000_0000),
        ("remw a0, a1, a2", 0x8000_0000, ulong.MaxValue, 0));

    [Fact]
    public void Quotients_round_towards_zero() => Evaluation.Check(
        ("div a0, a1, a2", unchecked((ulong)-7), 2, unchecked((ulong)-3)),
        ("rem a0, a1, a2", unchecked((ulong)-7), 2, ulong.MaxValue),
        ("divu a0, a1, a2", ulong.MaxValue, 2, 0x7FFF_FFFF_FFFF_FFFF),
        ("remu a0, a1, a2", ulong.MaxValue, 10, 5),
        ("divuw a0, a1, a2", 0xFFFF_FFFF, 1, ulong.MaxValue),
        ("remuw a0, a1, a2", 0xFFFF_FFFF, 0x1_0000_000A, 5));
}
