using Virtio.Queues;

namespace Virtio.Tests.Queues;

public sealed class RingIndexTests
{
    [Theory]
    [InlineData(5, 6, 5, true)]
    [InlineData(5, 5, 4, false)]
    [InlineData(5, 10, 5, true)]
    [InlineData(9, 10, 5, true)]
    [InlineData(10, 10, 5, false)]
    [InlineData(4, 10, 5, false)]
    [InlineData(0xffff, 2, 0xfffe, true)]
    [InlineData(0, 2, 0xfffe, true)]
    [InlineData(2, 2, 0xfffe, false)]
    [InlineData(7, 7, 7, false)]
    public void A_step_crosses_a_position_when_it_lies_in_its_half_open_range(int wanted, int after, int before, bool crosses) =>
        Assert.Equal(crosses, RingIndex.Crosses((ushort)wanted, (ushort)after, (ushort)before));
}
