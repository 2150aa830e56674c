using System.Collections.Concurrent;
using Virtio.Queues;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Queues;

public sealed class CompletionTests
{
    private static readonly int[] Order = [5, 0, 7, 3, 1, 6, 2, 4];

    public static TheoryData<string> OrderedRings =>
        [.. RingKind.All.Where(features => features.HasFlag(VirtioFeatures.InOrder)).Select(RingKind.NameOf)];

    [Theory]
    [MemberData(nameof(RingKind.Names), MemberType = typeof(RingKind))]
    [Requirement("PACKED-ORDER-2", "BASIC-RSVD-5")]
    public void Chains_completed_on_another_thread_are_used_in_the_order_of_their_completion_or_with_IN_ORDER_as_they_were_offered(
        string ring)
    {
        VirtioFeatures features = RingKind.Named(ring);
        using var kept = new BlockingCollection<DescriptorChain>();
        using var gate = new ManualResetEventSlim();
        using var bus = new TestBus(new ProbeDevice(chain =>
        {
            kept.Add(chain);
            if (chain.Reader.Remaining == 2)
                gate.Wait();
        })
        { RingFeatures = features });
        DriverQueue queue = bus.Driver().Start().Queue();
        ushort[] offered = [.. Order.Select((_, i) => queue.Offer(DriverBuffer.Readable(bus.Place(new byte[2]), i == 7 ? 2 : 1)))];
        queue.Kick();
        DescriptorChain[] chains = [.. kept.GetConsumingEnumerable().Take(8)];

        // The worker is held in the last chain, so it finds all completions together.
        Array.ForEach(Order, i => chains[i].Complete(0));
        gate.Set();
        IEnumerable<ushort> expected = features.HasFlag(VirtioFeatures.InOrder) ? offered : Order.Select(i => offered[i]);
        Assert.Equal(expected, Order.Select(_ => queue.Collect().Id));
    }

    [Theory]
    [MemberData(nameof(OrderedRings))]
    [Requirement("BASIC-RSVD-5")]
    public void With_IN_ORDER_a_fast_request_waits_for_a_slow_one_before_it(string ring)
    {
        using var kept = new BlockingCollection<DescriptorChain>();
        using var bus = new TestBus(new ProbeDevice(ProbeDevice.Keep(kept)) { RingFeatures = RingKind.Named(ring) });
        DriverQueue queue = bus.Driver().Start().Queue();
        ulong room = bus.Allocator.Allocate(64);
        ushort slow = queue.Offer(DriverBuffer.Writable(room, 8));
        ushort fast = queue.Offer(DriverBuffer.Writable(room + 8, 8));
        ushort behind = queue.Offer(DriverBuffer.Writable(room + 16, 8));
        queue.Kick();
        DescriptorChain[] chains = [.. kept.GetConsumingEnumerable().Take(3)];
        queue.EnableInterrupts();
        chains[1].Complete(3);
        try
        {
            Assert.False(bus.Driver().Interrupt.WaitForChange(0, DriverExtensions.Silence));
            Assert.False(queue.TryCollect(out _));
        }
        finally
        {
            chains[0].Complete(5);
            chains[2].Complete(0);
        }

        Assert.Equal(
            [new UsedBuffer(slow, 5), new UsedBuffer(fast, 3), new UsedBuffer(behind, 0)],
            new[] { queue.Collect(), queue.Collect(), queue.Collect() });
    }
}
