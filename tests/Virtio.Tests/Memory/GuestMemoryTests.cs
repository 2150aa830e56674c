using Virtio.Memory;

namespace Virtio.Tests.Memory;

public sealed class GuestMemoryTests
{
    private const ulong Start = 0x8000_0000;
    private const ulong Mebibyte = 1 << 20;

    [Fact]
    public void Fresh_memory_is_zero_and_keeps_what_is_written()
    {
        using GuestMemory memory = GuestMemory.Allocate((Start, Mebibyte));
        byte[] read = new byte[Mebibyte];
        Assert.True(memory.TryRead(Start, read));
        Assert.All(read, value => Assert.Equal(0, value));
        Assert.True(memory.TryWrite(Start + 4095, [1, 2, 3]));
        Assert.True(memory.TryRead(Start + 4094, read.AsSpan(0, 5)));
        Assert.Equal([0, 1, 2, 3, 0], read[..5]);
    }

    [Theory]
    [InlineData(Start, 1, true)]
    [InlineData(Start + Mebibyte - 1, 1, true)]
    [InlineData(Start + Mebibyte - 1, 2, false)]
    [InlineData(Start + Mebibyte, 1, false)]
    [InlineData(Start - 1, 1, false)]
    [InlineData(Start - 1, 2, false)]
    [InlineData(Start, Mebibyte, true)]
    [InlineData(Start, Mebibyte + 1, false)]
    [InlineData(Start, ulong.MaxValue, false)]
    [InlineData(ulong.MaxValue, 1, false)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, false)]
    [InlineData(0, ulong.MaxValue, false)]
    [InlineData(0, 1, false)]
    [InlineData(3 * Start, 1, true)]
    public void Only_what_is_wholly_RAM_is_contained(ulong address, ulong length, bool contained)
    {
        using GuestMemory memory = GuestMemory.Allocate((Start, Mebibyte), (3 * Start, Mebibyte));
        Assert.Equal(contained, memory.Contains(address, length));
        if (length > 2 * Mebibyte)
            return;
        byte[] data = new byte[length];
        Assert.Equal(contained, memory.TryRead(address, data));
        Assert.Equal(contained, memory.TryWrite(address, data));
        Assert.Equal(contained, memory.TryGetBuffer(address, (int)length, out GuestBuffer buffer));
        Assert.Equal(contained ? (int)length : 0, buffer.Length);
    }

    [Fact]
    public void A_range_over_a_hole_is_refused_and_nothing_of_it_written()
    {
        using GuestMemory memory = GuestMemory.Allocate((0UL, Mebibyte), (2 * Mebibyte, Mebibyte));
        Assert.False(memory.TryWrite(Mebibyte - 4, new byte[Mebibyte + 8].Select(_ => (byte)1).ToArray()));
        byte[] edge = new byte[4];
        Assert.True(memory.TryRead(Mebibyte - 4, edge));
        Assert.Equal(new byte[4], edge);
    }

    [Fact]
    public void Regions_that_touch_are_one_range_and_a_range_over_the_seam_is_no_buffer()
    {
        using GuestMemory memory = GuestMemory.Allocate((Start, Mebibyte), (Start + Mebibyte, Mebibyte));
        Assert.True(memory.TryWrite(Start + Mebibyte - 2, [1, 2, 3, 4]));
        byte[] read = new byte[4];
        Assert.True(memory.TryRead(Start + Mebibyte - 2, read));
        Assert.Equal([1, 2, 3, 4], read);
        Assert.False(memory.TryGetBuffer(Start + Mebibyte - 2, 4, out _));
        Assert.Equal(2, memory.Regions.Count);
    }

    [Fact]
    public void More_than_2_GiB_is_reached_to_its_end()
    {
        const ulong Length = 3UL << 30;
        using GuestMemory memory = GuestMemory.Allocate((Start, Length));
        foreach (ulong offset in new[] { (1UL << 30) - 2, (2UL << 30) - 2, Length - 4 })
        {
            Assert.True(memory.TryWrite(Start + offset, [5, 6, 7, 8]));
            byte[] read = new byte[4];
            Assert.True(memory.TryRead(Start + offset, read));
            Assert.Equal([5, 6, 7, 8], read);
        }

        Assert.False(memory.Contains(Start + Length - 4, 5));
    }

    [Fact]
    public void Ranges_must_be_whole_pages_in_order_and_apart()
    {
        Assert.Throws<ArgumentException>(() => GuestMemory.Allocate());
        Assert.Throws<ArgumentException>(() => GuestMemory.Allocate((Start, 0UL)));
        Assert.Throws<ArgumentException>(() => GuestMemory.Allocate((Start + 1, 4096UL)));
        Assert.Throws<ArgumentException>(() => GuestMemory.Allocate((Start, 4097UL)));
        Assert.Throws<ArgumentException>(() => GuestMemory.Allocate((Start, 8192UL), (Start + 4096, 4096UL)));
        Assert.Throws<ArgumentException>(() => GuestMemory.Allocate((Start, 4096UL), (0UL, 4096UL)));
        Assert.Throws<ArgumentException>(() => GuestMemory.Allocate((0xffff_ffff_ffff_f000, 4096UL)));
    }

    [Fact]
    public void Memory_begins_where_a_page_does_and_much_memory_where_a_large_page_does()
    {
        using GuestMemory memory = GuestMemory.Allocate(
            (Start, 4096UL), (Start + Mebibyte, Mebibyte), (Start + (4 * Mebibyte), 4 * Mebibyte), (3 * Start, 2 * Mebibyte));

        Assert.All(memory.Regions, region => Assert.Equal(0, region.Host % 4096));
        Assert.All(memory.Regions.Skip(2), region => Assert.Equal(0, region.Host % (2 << 20)));
    }

    [Fact]
    public void A_part_of_a_buffer_lies_within_it()
    {
        using GuestMemory memory = GuestMemory.Allocate((Start, Mebibyte));
        Assert.True(memory.TryGetBuffer(Start, 100, out GuestBuffer buffer));
        buffer.Span[10] = 1;
        Assert.Equal(1, buffer.Slice(10, 5).Span[0]);
        Assert.Equal(1, buffer.Slice(10, 90).Memory.Span[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Slice(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Slice(0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Slice(1, 100));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Slice(int.MaxValue, int.MaxValue));
    }
}
