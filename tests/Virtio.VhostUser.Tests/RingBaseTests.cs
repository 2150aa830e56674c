using Virtio.Queues;

namespace Virtio.VhostUser.Tests;

public sealed class RingBaseTests
{
    [Fact]
    public void A_fresh_packed_ring_has_both_wrap_counters_up()
    {
        Assert.Equal(0x8000_8000u, RingBase.Of(QueueState.Initial, packed: true));
        Assert.Equal(QueueState.Initial, RingBase.ToState(0x8000_8000, packed: true, 0));
    }

    [Theory]
    [InlineData(0, false, 17, true)]
    [InlineData(32767, true, 3, false)]
    [InlineData(5, false, 5, false)]
    public void A_packed_ring_goes_on_where_it_was(ushort available, bool availableWrap, ushort used, bool usedWrap)
    {
        var state = new QueueState(available, availableWrap, used, usedWrap);
        Assert.Equal(state, RingBase.ToState(RingBase.Of(state, packed: true), packed: true, 0));
    }

    [Fact]
    public void Who_knows_only_one_half_of_a_packed_base_means_both() =>
        Assert.Equal(new QueueState(9, true, 9, true), RingBase.ToState(0x8009, packed: true, 0));

    [Fact]
    public void A_front_end_that_begins_every_ring_at_0_begins_a_packed_one_fresh() =>
        Assert.Equal(QueueState.Initial, RingBase.ToState(0, packed: true, 0));

    [Fact]
    public void A_split_ring_says_where_it_stands_with_its_available_index_and_takes_the_used_one_from_the_ring()
    {
        Assert.Equal(0xfffeu, RingBase.Of(new QueueState(0xfffe, true, 0xfff0, true), packed: false));
        Assert.Equal(new QueueState(0xfffe, true, 0xfff0, true), RingBase.ToState(0xfffe, packed: false, 0xfff0));
    }
}
