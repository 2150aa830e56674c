using Virtio.Vmm.Boards.X86;

namespace Virtio.Vmm.Tests.Boards.X86;

public sealed class CmosClockTests
{
    [Fact]
    public void It_tells_the_time_in_decimal_digits() => Assert.Equal(
        "20-26-11-08 Sunday 23:59:07",
        $"{Read(0x32):x2}-{Read(9):x2}-{Read(8):x2}-{Read(7):x2} {(DayOfWeek)(Read(6) - 1)} {Read(4):x2}:{Read(2):x2}:{Read(0):x2}");

    [Fact]
    public void It_is_never_in_the_middle_of_an_update_and_counts_hours_to_24_in_decimal_digits()
    {
        Assert.Equal(0, Read(0x0a) & 0x80);
        Assert.Equal(0b010, Read(0x0b) & 0b111);
        Assert.Equal(0x80, Read(0x0d));
    }

    [Fact]
    public void The_highest_bit_of_the_index_is_not_a_part_of_it() => Assert.Equal(Read(7), Read(0x87));

    [Fact]
    public void Registers_that_are_not_there_read_as_zero() =>
        Assert.All(Enumerable.Range(0x33, 0x80 - 0x33).Append(0x0c), register => Assert.Equal(0, Read((byte)register)));

    private static byte Read(byte register)
    {
        var clock = new CmosClock(new FixedTime());
        clock.Select(register);
        return clock.Read();
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 8, 23, 59, 7, TimeSpan.Zero);
    }
}
