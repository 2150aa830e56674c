using System.Collections.Concurrent;
using Virtio.Queues;
using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Queues;

public sealed class NotificationTests
{
    /// <summary>Each layout, with event indexes and without.</summary>
    public static TheoryData<string> Rings => FenceTests.Rings;

    [Theory]
    [MemberData(nameof(Rings))]
    public void A_batch_is_published_with_one_interrupt(string ring)
    {
        using var gate = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        using TestBus bus = Bus(ring, chain =>
        {
            entered.Set();
            gate.Wait();
            chain.Complete();
        });
        MmioDriver driver = bus.Driver().Start();
        DriverQueue queue = driver.Queue();
        queue.EnableInterrupts();
        Offer(bus, 20);
        queue.Kick();
        entered.Wait();
        gate.Set();
        for (int i = 0; i < 20; i++)
            queue.Collect();

        // The used entries are visible before the interrupt.
        Assert.True(SpinWait.SpinUntil(() => driver.Interrupt.Raised > 0, DriverExtensions.Patience));
        Assert.Equal(1, driver.Interrupt.Raised);
    }

    [Theory]
    [MemberData(nameof(RingKind.LayoutNames), MemberType = typeof(RingKind))]
    public void An_interrupt_comes_exactly_when_the_wanted_slot_is_used_wherever_in_the_ring_it_is(string ring)
    {
        using var kept = new BlockingCollection<DescriptorChain>();
        using TestBus bus = Bus(
            ring, ProbeDevice.Keep(kept), size: ring.StartsWith("packed", StringComparison.Ordinal) ? (ushort)7 : (ushort)8);
        MmioDriver driver = bus.Driver().Start();
        DriverQueue queue = driver.Queue();
        for (int round = 0; round < 50; round++)
        {
            int wanted = round % 5;
            queue.EnableInterruptsAfter(wanted);
            Offer(bus, 5);
            queue.Kick();
            for (int i = 0; i < 5; i++)
            {
                long before = driver.Interrupt.Raised;
                kept.Take().Complete(0);
                Assert.True(SpinWait.SpinUntil(() => queue.TryCollect(out _), DriverExtensions.Patience));

                // The worker decides after the ring shows the entry, but before it asks for kicks again or goes on to the next completion.
                if (i == wanted)
                    Assert.True(
                        SpinWait.SpinUntil(() => driver.Interrupt.Raised == before + 1, DriverExtensions.Patience),
                        $"no interrupt at slot {i} of round {round}");
                else
                    Assert.Equal(before, driver.Interrupt.Raised);
            }
        }

        Assert.Equal(50, driver.Interrupt.Raised);
    }

    [Theory]
    [MemberData(nameof(Rings))]
    public void Kicks_are_not_wanted_while_the_worker_is_busy_and_wanted_when_it_sleeps(string ring)
    {
        using var gate = new SemaphoreSlim(0);
        using var entered = new SemaphoreSlim(0);
        using TestBus bus = Bus(ring, chain =>
        {
            entered.Release();
            gate.Wait(DriverExtensions.Patience);
            chain.Complete();
        });
        MmioDriver driver = bus.Driver().Start();
        DriverQueue queue = driver.Queue();
        for (int round = 0; round < 100; round++)
        {
            Assert.True(SpinWait.SpinUntil(() => KicksWanted(queue, ring), DriverExtensions.Patience));
            Offer(bus, 1);

            // A worker that polls before it sleeps may have taken the chain already and suppress the kick; a sleeping worker is woken by
            // it.
            queue.Kick();
            Assert.True(entered.Wait(DriverExtensions.Patience));
            Offer(bus, 1);
            Assert.False(queue.Kick());
            gate.Release(2);
            Assert.True(entered.Wait(DriverExtensions.Patience));
            queue.Collect();
            queue.Collect();
        }
    }

    [Theory]
    [MemberData(nameof(RingKind.LayoutNames), MemberType = typeof(RingKind))]
    public void No_wake_up_is_lost_in_100_000_rounds_of_going_to_sleep(string ring)
    {
        using TestBus bus = Bus(ring);
        DriverQueue queue = bus.Driver().Start().Queue();
        ulong buffer = bus.Allocator.Allocate(1);
        var random = new Random(9);
        for (int i = 0; i < 100_000; i++)
        {
            // The driver does not wait for the used entry, so that the next kick meets the worker in any state, in particular while it
            // falls asleep.
            if (!queue.TryOffer([DriverBuffer.Readable(buffer, 1)], out _))
                queue.Collect();
            queue.Kick();
            Thread.SpinWait(random.Next(60));
            while (queue.TryCollect(out _))
                continue;
        }

        while (queue.Outstanding > 0)
            queue.Collect();
    }

    private static bool KicksWanted(DriverQueue queue, string ring) => queue switch
    {
        PackedDriverQueue packed => packed.DeviceEvent >> 16 != 1,
        SplitDriverQueue split when ring.Contains("event-index", StringComparison.Ordinal) => split.AvailableEvent == split.NextAvailable,
        SplitDriverQueue split => split.UsedFlags == 0,
        _ => throw new ArgumentException("a layout of its own", nameof(queue)),
    };

    private static void Offer(TestBus bus, int count)
    {
        for (int i = 0; i < count; i++)
            bus.Driver().Queue().Offer(DriverBuffer.Readable(bus.Options.MemoryAddress, 1));
    }

    private static TestBus Bus(string ring, Action<DescriptorChain>? handle = null, ushort size = 64) =>
        new(new ProbeDevice(handle) { Sizes = [size], RingFeatures = RingKind.Named(ring) });
}
