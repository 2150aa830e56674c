using System.Collections.Concurrent;
using Virtio.Queues;
using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Queues;

public sealed class NotificationTests
{
    private const ulong EventIndex = 1UL << 29;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_batch_is_published_with_one_interrupt(bool eventIndex)
    {
        using var gate = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        using TestBus bus = Bus(new ProbeDevice(chain =>
        {
            entered.Set();
            gate.Wait();
            chain.Complete();
        }));
        MmioDriver driver = Start(bus, eventIndex);
        DriverQueue queue = driver.Queue();
        queue.EnableInterrupts();
        Offer(bus, 20);
        queue.Kick();
        entered.Wait();
        gate.Set();
        for (int i = 0; i < 20; i++)
            queue.Collect();

        // Used entries show before the driver is told of them.
        Assert.True(SpinWait.SpinUntil(() => driver.Interrupt.Raised > 0, DriverExtensions.Patience));
        Assert.Equal(1, driver.Interrupt.Raised);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_driver_that_wants_no_interrupts_gets_none(bool eventIndex)
    {
        using TestBus bus = Bus(new ProbeDevice());
        MmioDriver driver = Start(bus, eventIndex);
        driver.Queue().DisableInterrupts();
        for (int i = 0; i < 1000; i++)
        {
            Offer(bus, 3);
            driver.Queue().Kick();
            for (int collected = 0; collected < 3;)
                collected += driver.Queue().TryCollect(out _) ? 1 : 0;
        }

        Assert.Equal(0, driver.Interrupt.Raised);
    }

    [Fact]
    public void An_interrupt_comes_exactly_when_the_wanted_slot_is_used_wherever_in_the_ring_it_is()
    {
        using var kept = new BlockingCollection<DescriptorChain>();
        using TestBus bus = Bus(new ProbeDevice(ProbeDevice.Keep(kept)) { Sizes = [7] });
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

                // The decision falls before the worker asks for kicks again or goes on to the next completion, but after the ring shows the entry.
                if (i == wanted)
                    Assert.True(SpinWait.SpinUntil(() => driver.Interrupt.Raised == before + 1, DriverExtensions.Patience), $"no interrupt at slot {i} of round {round}");
                else
                    Assert.Equal(before, driver.Interrupt.Raised);
            }
        }

        Assert.Equal(50, driver.Interrupt.Raised);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Kicks_are_not_wanted_while_the_worker_is_busy_and_wanted_when_it_sleeps(bool eventIndex)
    {
        using var gate = new SemaphoreSlim(0);
        using var entered = new SemaphoreSlim(0);
        using TestBus bus = Bus(new ProbeDevice(chain =>
        {
            entered.Release();
            gate.Wait();
            chain.Complete();
        }));
        MmioDriver driver = Start(bus, eventIndex);
        DriverQueue queue = driver.Queue();
        for (int round = 0; round < 100; round++)
        {
            Assert.True(SpinWait.SpinUntil(() => KicksWanted(driver), DriverExtensions.Patience));
            Offer(bus, 1);
            Assert.True(queue.Kick());
            entered.Wait();
            Offer(bus, 1);
            Assert.False(queue.Kick());
            gate.Release(2);
            entered.Wait();
            queue.Collect();
            queue.Collect();
        }
    }

    [Fact]
    public void No_wake_up_is_lost_in_200_000_rounds_of_going_to_sleep()
    {
        using TestBus bus = Bus(new ProbeDevice());
        DriverQueue queue = bus.Driver().Start().Queue();
        ulong buffer = bus.Allocator.Allocate(1);
        var random = new Random(9);
        for (int i = 0; i < 200_000; i++)
        {
            // Without waiting for its used entry, so that the next kick meets the worker in any state, falling asleep in particular.
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

    private static bool KicksWanted(MmioDriver driver) => (driver.Packed().DeviceEvent >> 16) != 1;

    private static MmioDriver Start(TestBus bus, bool eventIndex) =>
        bus.Driver().Start(eventIndex ? bus.Driver().OfferedFeatures : bus.Driver().OfferedFeatures & ~EventIndex);

    private static void Offer(TestBus bus, int count)
    {
        for (int i = 0; i < count; i++)
            bus.Driver().Queue().Offer(DriverBuffer.Readable(bus.Options.MemoryAddress, 1));
    }

    private static TestBus Bus(ProbeDevice device) => new(device);
}
