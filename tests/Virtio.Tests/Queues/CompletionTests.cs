using System.Collections.Concurrent;
using Virtio.Queues;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Queues;

public sealed class CompletionTests
{
    [Fact]
    [Requirement("PACKED-ORDER-2")]
    public void Chains_completed_on_another_thread_are_used_in_the_order_of_their_completion()
    {
        using var kept = new BlockingCollection<DescriptorChain>();
        using var gate = new ManualResetEventSlim();
        using var bus = new TestBus(new ProbeDevice(chain =>
        {
            kept.Add(chain);
            if (chain.Reader.Remaining == 2)
                gate.Wait();
        }));
        DriverQueue queue = bus.Driver().Start().Queue();
        ushort[] offered = [.. Enumerable.Range(0, 8).Select(i => queue.Offer(DriverBuffer.Readable(bus.Place(new byte[2]), i == 7 ? 2 : 1)))];
        queue.Kick();
        DescriptorChain[] chains = [.. kept.GetConsumingEnumerable().Take(8)];

        // The worker is held in the last one, so that all completions wait for it together.
        int[] order = [5, 0, 7, 3, 1, 6, 2, 4];
        Array.ForEach(order, i => chains[i].Complete(0));
        gate.Set();
        Assert.Equal(order.Select(i => offered[i]), order.Select(_ => queue.Collect().Id));
    }
}
