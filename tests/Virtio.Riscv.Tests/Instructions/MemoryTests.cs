using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Instructions;

/// <summary>Loads and stores of every width, aligned or not, and across pages.</summary>
public sealed class MemoryTests
{
    [Fact]
    public void Loads_extend_as_their_names_say() => Evaluation.Check(
        ("sd a1, 0(s0); lb a0, 7(s0)", 0x8182_8384_8586_8788, 0, 0xFFFF_FFFF_FFFF_FF81),
        ("sd a1, 0(s0); lbu a0, 7(s0)", 0x8182_8384_8586_8788, 0, 0x81),
        ("sd a1, 0(s0); lh a0, 6(s0)", 0x8182_8384_8586_8788, 0, 0xFFFF_FFFF_FFFF_8182),
        ("sd a1, 0(s0); lhu a0, 6(s0)", 0x8182_8384_8586_8788, 0, 0x8182),
        ("sd a1, 0(s0); lw a0, 4(s0)", 0x8182_8384_8586_8788, 0, 0xFFFF_FFFF_8182_8384),
        ("sd a1, 0(s0); lwu a0, 4(s0)", 0x8182_8384_8586_8788, 0, 0x8182_8384),
        ("sd a1, 0(s0); ld a0, 0(s0)", 0x8182_8384_8586_8788, 0, 0x8182_8384_8586_8788));

    [Fact]
    public void Stores_leave_their_neighbours_alone() => Evaluation.Check(
        ("sd a1, 0(s0); sb a2, 1(s0); ld a0, 0(s0)", ulong.MaxValue, 0x1234, 0xFFFF_FFFF_FFFF_34FF),
        ("sd a1, 0(s0); sh a2, 2(s0); ld a0, 0(s0)", ulong.MaxValue, 0x1234, 0xFFFF_FFFF_1234_FFFF),
        ("sd a1, 0(s0); sw a2, 4(s0); ld a0, 0(s0)", ulong.MaxValue, 0x1234, 0x0000_1234_FFFF_FFFF));

    [Theory]
    [InlineData(4089)]
    [InlineData(4092)]
    [InlineData(4095)]
    public void An_access_across_two_pages_works(int offset)
    {
        using Guest guest = new($"""
            _start:
                la t0, area + {offset}
                li a1, 0x1122334455667788
                sd a1, 0(t0)
                ld s1, 0(t0)
                lwu s2, 2(t0)
                float_on
                la t0, area + {offset}
                fld f1, 0(t0)
                fmv.x.d s3, f1
                finish
                .balign 4096
            area: .space 8192
            """);
        guest.Run();
        Assert.Equal((0x1122334455667788UL, 0x33445566UL, 0x1122334455667788UL), (guest["s1"], guest["s2"], guest["s3"]));
    }

    [Fact]
    public void A_device_sees_width_and_value_of_each_access()
    {
        RecordingBus bus = new();
        using Guest guest = new("""
            _start:
                li t0, 0x10000000
                li a1, 0x1122334455667788
                sb a1, 1(t0)
                sh a1, 2(t0)
                sw a1, 4(t0)
                sd a1, 8(t0)
                lbu s1, 1(t0)
                lw s2, 4(t0)
                ld s3, 8(t0)
                finish
            """, bus: bus);
        guest.Run();
        Assert.Equal(
            [
                "w 10000001 1 88",
                "w 10000002 2 7788",
                "w 10000004 4 55667788",
                "w 10000008 8 1122334455667788",
                "r 10000001 1",
                "r 10000004 4",
                "r 10000008 8",
            ],
            bus.Accesses);
        Assert.Equal((0xF1UL, 0xFFFF_FFFF_FFFF_FFF1UL, 0xFFFF_FFFF_FFFF_FFF1UL), (guest["s1"], guest["s2"], guest["s3"]));
    }

    private sealed class RecordingBus : IRiscvBus
    {
        public List<string> Accesses { get; } = [];

        public bool TryRead(ulong address, int size, out ulong value)
        {
            Accesses.Add($"r {address:x} {size}");
            value = size == 8 ? 0xFFFF_FFFF_FFFF_FFF1 : 0xFFFF_FFF1 & ((1UL << (8 * size)) - 1);
            return true;
        }

        public bool TryWrite(ulong address, int size, ulong value)
        {
            Accesses.Add($"w {address:x} {size} {value:x}");
            return true;
        }
    }
}
