using System.Collections.Concurrent;
using Virtio.Queues;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Queues;

/// <summary>The reset of one queue while its device runs (virtio 1.4, 2.6.1).</summary>
public sealed class QueueResetTests
{
    private const byte Pattern = 0x3c;

    [Theory]
    [MemberData(nameof(RingKind.LayoutNames), MemberType = typeof(RingKind))]
    [Requirement("MMIO-12", "MMIO-13", "BASIC-QRESET-1", "BASIC-QRESET-2")]
    public void QueueReset_reads_1_until_what_was_taken_is_given_up_and_none_of_that_shows_in_the_ring(string ring)
    {
        using var kept = new BlockingCollection<DescriptorChain>();
        using var bus = new TestBus(Device(ring, 16, ProbeDevice.Keep(kept)));
        MmioDriver driver = bus.Driver().Start();
        DriverQueue queue = driver.Queue();
        queue.EnableInterrupts();
        queue.Offer(DriverBuffer.Readable(bus.Place("x"u8), 1));
        queue.Kick();
        DescriptorChain slow = kept.Take();
        driver.WriteRegister(MmioRegisters.QueueSelect, 0);
        Thread reset = BackgroundThread.Start(() => driver.WriteRegister(MmioRegisters.QueueReset, 1));
        byte[] before;
        try
        {
            Assert.True(SpinWait.SpinUntil(() => driver.ReadRegister(MmioRegisters.QueueReset) == 1, DriverExtensions.Patience));
            Assert.False(reset.Join(DriverExtensions.Silence));
            Assert.Equal(1u, driver.ReadRegister(MmioRegisters.QueueReset));
            before = bus.Snapshot();
        }
        finally
        {
            slow.Complete(0);
        }

        Assert.True(reset.Join(DriverExtensions.Patience));
        Assert.Equal((0u, 0u), (driver.ReadRegister(MmioRegisters.QueueReset), driver.ReadRegister(MmioRegisters.QueueReady)));
        Assert.Equal(0, driver.Interrupt.Raised);
        Assert.True(before.AsSpan().SequenceEqual(bus.Snapshot()));
    }

    [Theory]
    [MemberData(nameof(RingKind.Names), MemberType = typeof(RingKind))]
    [Requirement("BASIC-QRESET-1", "BASIC-QRESET-2", "BASIC-QRESET-3", "BASIC-QRESET-4", "MMIO-10")]
    public void A_queue_under_load_is_reset_and_set_up_anew_again_and_again(string ring)
    {
        using var bus = new TestBus(Device(ring, 64));
        MmioDriver driver = bus.Driver().Start();
        var random = new Random(19);
        ulong room = bus.Allocator.Allocate(64 * 8);
        byte[] pattern = [.. Enumerable.Repeat(Pattern, 64 * 8)];
        for (int round = 0; round < 100; round++)
        {
            new ProbeKind().AssertWorks(driver);
            DriverQueue queue = driver.Queue();
            queue.EnableInterrupts();
            ulong source = bus.Place(new byte[8]);
            for (int i = 0; i < queue.Size / 2; i++)
                queue.Offer(DriverBuffer.Readable(source, 8), DriverBuffer.Writable(room + (ulong)(i * 8), 8));
            queue.Kick();
            Thread.SpinWait(random.Next(2000));
            driver.ResetQueue(0);

            // From now on the ring and its buffers belong to the driver again, and the device must not interrupt for them.
            driver.Acknowledge(InterruptBits.UsedBuffer);
            long raised = driver.Interrupt.Raised;
            bus.Memory.TryWrite(room, pattern);
            driver.Notify(0);
            driver.SetUpQueue(0, 2 << random.Next(6));
            Assert.False(driver.IsQueueResetting(0));
            Assert.Equal(raised, driver.Interrupt.Raised);
            new ProbeKind().AssertWorks(driver);
            Assert.Equal(pattern, bus.Read(room, pattern.Length));
            bus.Allocator.Free(source, 8);
        }
    }

    [Theory]
    [MemberData(nameof(RingKind.LayoutNames), MemberType = typeof(RingKind))]
    [Requirement("MMIO-11")]
    public async Task The_other_queues_go_on_while_one_is_reset(string ring)
    {
        using var bus = new TestBus(new ProbeDevice { Sizes = [16, 16], RingFeatures = RingKind.Offered(RingKind.Named(ring)) });
        MmioDriver driver = bus.Driver().Start();
        var echo = new EchoLoad(bus, driver.Queue(1), indirect: false, seed: 20);
        var load = Task.Run(() => echo.Run(chains: 20_000));
        int resets = 0;
        for (; !load.IsCompleted; resets++)
        {
            driver.ResetQueue(0);
            Assert.True(driver.IsQueueReady(1));
            driver.SetUpQueue(0);
            Assert.Equal("x"u8, driver.Queue(0).Exchange("x"u8, 1));
        }

        await load;
        Assert.Equal(20_000, echo.Collected);
        Assert.NotEqual(0, resets);
    }

    [Theory]
    [InlineData(VirtioFeatures.None)]
    [InlineData(VirtioFeatures.RingPacked)]
    [Requirement("MMIO-11")]
    public void A_driver_that_did_not_take_RING_RESET_resets_no_queue(VirtioFeatures layout)
    {
        using var bus = new TestBus(new ProbeDevice { RingFeatures = layout | VirtioFeatures.RingReset });
        MmioDriver driver = bus.Driver().Start((ulong)(layout | VirtioFeatures.Version1));
        driver.WriteRegister(MmioRegisters.QueueSelect, 0);
        driver.WriteRegister(MmioRegisters.QueueReset, 1);
        Assert.False(driver.IsQueueResetting(0));
        Assert.True(driver.IsQueueReady(0));
        new ProbeKind().AssertWorks(driver);
    }

    private static ProbeDevice Device(string ring, ushort size, Action<DescriptorChain>? handle = null) =>
        new(handle) { Sizes = [size], RingFeatures = RingKind.Offered(RingKind.Named(ring)) };
}
