using System.Collections.Concurrent;
using Virtio.Queues;
using Virtio.Testing;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Devices;

/// <summary>Workers that poll for further requests before they sleep. A limit of an hour means one that no test reaches.</summary>
[Collection(Alone.Name)]
public sealed class PollingTests
{
    private const string OneProcessor = "on a single processor no worker looks for requests";

    private static readonly TimeSpan Endless = TimeSpan.FromHours(1);

    [Fact]
    public void While_the_worker_looks_requests_are_served_without_a_kick()
    {
        Assert.SkipWhen(Environment.ProcessorCount == 1, OneProcessor);
        using TestBus bus = Bus(Endless, new ProbeDevice());
        DriverQueue queue = StartLooking(bus);
        for (int i = 0; i < 1000; i++)
        {
            queue.Offer(DriverBuffer.Readable(bus.Options.MemoryAddress, 1));
            Assert.False(queue.Kick());
            queue.Collect();
        }
    }

    [Fact]
    public void A_reset_does_not_wait_for_the_looking_to_end()
    {
        Assert.SkipWhen(Environment.ProcessorCount == 1, OneProcessor);
        using TestBus bus = Bus(Endless, new ProbeDevice());
        for (int i = 0; i < 20; i++)
        {
            StartLooking(bus);
            bus.Driver().Reset();
        }
    }

    [Fact]
    public void A_completion_on_another_thread_ends_the_looking()
    {
        Assert.SkipWhen(Environment.ProcessorCount == 1, OneProcessor);
        using var kept = new BlockingCollection<DescriptorChain>();
        using TestBus bus = Bus(Endless, new ProbeDevice(ProbeDevice.Keep(kept)));
        DriverQueue queue = StartLooking(bus);
        queue.Offer(DriverBuffer.Readable(bus.Options.MemoryAddress, 1));
        DescriptorChain chain = kept.Take();
        Assert.False(queue.TryCollect(out _));
        chain.Complete(0);
        queue.Collect();
    }

    [Fact]
    public void A_ring_that_breaks_while_the_worker_looks_fails_the_device()
    {
        Assert.SkipWhen(Environment.ProcessorCount == 1, OneProcessor);
        using TestBus bus = Bus(Endless, new ProbeDevice());
        StartLooking(bus);
        bus.Driver().BreakRing();
    }

    [Fact]
    public void No_wake_up_is_lost_between_looking_and_sleeping()
    {
        using TestBus bus = Bus(TimeSpan.FromMicroseconds(2), new ProbeDevice());
        DriverQueue queue = bus.Driver().Start().Queue();
        var random = new Random(11);
        for (int i = 0; i < 100_000; i++)
        {
            queue.Offer(DriverBuffer.Readable(bus.Options.MemoryAddress, 1));
            queue.Kick();
            queue.Collect();
            Thread.SpinWait(random.Next(60));
        }
    }

    [Fact]
    public void No_interrupt_is_lost_whatever_number_of_requests_is_under_way()
    {
        using TestBus bus = Bus(TimeSpan.FromMicroseconds(50), new ProbeDevice());
        DriverQueue queue = bus.Driver().Start().Queue();
        var random = new Random(11);
        int depth = 1;
        for (int i = 0; i < 100_000; i++)
        {
            depth = i % 500 == 0 ? random.Next(1, queue.Size + 1) : depth;
            for (; queue.Outstanding < depth; Thread.SpinWait(random.Next(60)))
            {
                queue.Offer(DriverBuffer.Readable(bus.Options.MemoryAddress, 1));
                queue.Kick();
            }

            queue.Collect();
        }
    }

    [Fact]
    public void A_worker_that_finds_nothing_asks_for_kicks()
    {
        using TestBus bus = Bus(TimeSpan.FromMicroseconds(50), new ProbeDevice());
        MmioDriver driver = bus.Driver().Start();
        Assert.True(SpinWait.SpinUntil(() => KicksWanted(driver), DriverExtensions.Patience));
    }

    private static DriverQueue StartLooking(TestBus bus)
    {
        MmioDriver driver = bus.Driver().Start();
        Assert.True(SpinWait.SpinUntil(() => !KicksWanted(driver), DriverExtensions.Patience));
        return driver.Queue();
    }

    private static bool KicksWanted(MmioDriver driver) => (driver.Packed().DeviceEvent >> 16) != 1;

    private static TestBus Bus(TimeSpan pollTime, ProbeDevice device) =>
        new(new TestBusOptions { Bus = new MmioBusOptions { PollTime = pollTime } }, device);
}
