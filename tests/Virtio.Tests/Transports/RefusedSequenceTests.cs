using Virtio.Testing;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Transports;

/// <summary>Drivers that cannot be served: the device shows it in a register, and logs one line that says why.</summary>
public sealed class RefusedSequenceTests
{
    private const ulong Version1 = (ulong)VirtioFeatures.Version1;

    public static TheoryData<string> Names => LooseDriver.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void DRIVER_OK_without_VERSION_1_is_NEEDS_RESET(string name)
    {
        using var driver = LooseDriver.Named(name);
        driver.Write(1, 3).Accept(driver.Features & ~Version1).SetUpQueues().Write(7).OfferAndKick();
        driver.AssertRefused(0x43, "VIRTIO_F_VERSION_1");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void DRIVER_OK_after_a_refused_FEATURES_OK_is_NEEDS_RESET_and_not_told_twice(string name)
    {
        using var driver = LooseDriver.Named(name);
        driver.Write(1, 3).Accept(driver.Features | (1UL << 50)).Write(11);
        Assert.Equal(3u, driver.Status);
        driver.SetUpQueues().Write(15).OfferAndKick();
        driver.AssertRefused(0x43, "0x4000000000000");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_refused_FEATURES_OK_may_be_repaired_until_DRIVER_OK(string name)
    {
        using var driver = LooseDriver.Named(name);
        driver.Write(1, 3).Accept(0).Write(11);
        Assert.Equal(3u, driver.Status);
        Assert.Contains("VIRTIO_F_VERSION_1", driver.Log.Last, StringComparison.Ordinal);
        Assert.Equal(1, driver.Log.Lines);
        driver.Accept().Write(11).SetUpQueues().Write(15);
        Assert.Equal(15u, driver.Status);
        driver.OfferAndKick().Queue.Poll();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_queue_set_up_before_FEATURES_OK_that_cannot_be_used_is_NEEDS_RESET_at_DRIVER_OK(string name)
    {
        using var driver = LooseDriver.Named(name);
        Assert.True(driver.Driver.EnableQueue(driver.QueueIndex, new QueueAreas(16, 0x10, 0x20, 0x30)));
        driver.Accept().Write(1, 3, 11, 15);
        driver.AssertRefused(0x4b, $"queue {driver.QueueIndex} cannot be used: size 16");
    }

    [Fact]
    public void A_size_that_only_a_packed_ring_has_is_found_out_when_the_layout_is_known()
    {
        using var split = new LooseDriver(new ProbeKind(), split: true);
        using var packed = new LooseDriver(new ProbeKind(), split: false);
        foreach (LooseDriver driver in new[] { split, packed })
        {
            ulong ring = driver.Bus.Allocator.Allocate(4096);
            Assert.True(driver.Driver.EnableQueue(0, new QueueAreas(3, ring, ring + 1024, ring + 2048)));
            driver.Accept().Write(1, 3, 11, 15);
        }

        Assert.Equal(15u, packed.Status);
        split.AssertRefused(0x4b, "queue 0 cannot be used: size 3");
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(65u)]
    [InlineData(0x10000u)]
    public void A_size_that_no_ring_has_never_becomes_ready(uint size)
    {
        using var driver = new LooseDriver(new ProbeKind(), split: false);
        Assert.False(driver.Driver.EnableQueue(0, new QueueAreas(size, 0x10, 0x20, 0x30)));
        driver.Accept().Write(1, 3, 11, 15);
        Assert.Contains($"queue 0 cannot be used: size {size} of at most 64", driver.Log.Last, StringComparison.Ordinal);
        Assert.Equal((15u, 1), (driver.Status, driver.Log.Lines));
    }

    [Fact]
    public void A_queue_that_cannot_be_used_after_FEATURES_OK_does_not_become_ready_and_the_log_says_why()
    {
        using var driver = new LooseDriver(new ProbeKind(), split: false);
        driver.Accept().Write(1, 3, 11);
        Assert.False(driver.Driver.EnableQueue(0, new QueueAreas(16, 0x10, 0x20, 0x30)));
        Assert.Contains(
            "queue 0 cannot be used: size 16 of at most 64, descriptor area 0x10, driver area 0x20, device area 0x30",
            driver.Log.Last,
            StringComparison.Ordinal);
        Assert.Equal(1, driver.Log.Lines);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_queue_that_was_stopped_while_it_ran_does_not_begin_again_without_a_reset(bool split)
    {
        using var driver = new LooseDriver(new ProbeKind(), split);
        driver.Accept().Write(11).SetUpQueues().Write(15).AssertServed(15);
        QueueAreas areas = driver.Queue.Areas;
        driver.Driver.WriteRegister(MmioRegisters.QueueSelect, 0);
        driver.Driver.WriteRegister(MmioRegisters.QueueReady, 0);

        // The old requests are still in the ring. To serve a write for the second time would overwrite what came after it.
        byte[] before = driver.Bus.Snapshot();
        Assert.False(driver.Driver.EnableQueue(0, areas));
        driver.Driver.Notify(0);
        Assert.False(driver.Driver.Interrupt.WaitForChange(driver.Driver.Interrupt.Changes, DriverExtensions.Silence));
        Assert.True(before.AsSpan().SequenceEqual(driver.Bus.Snapshot()));
        Assert.Contains("queue 0 has run", driver.Log.Last, StringComparison.Ordinal);
        Assert.Equal((15u, 1), (driver.Status, driver.Log.Lines));

        driver.Driver.ResetQueue(0);
        driver.SetUpQueues().OfferAndKick().Queue.Poll();
    }

    [Fact]
    public void A_queue_reset_without_RING_RESET_does_nothing_and_the_log_says_why()
    {
        using var driver = new LooseDriver(new ProbeKind(), split: true);
        driver.Accept(driver.Features & ~(ulong)VirtioFeatures.RingReset).Write(11).SetUpQueues().Write(15).AssertServed(15);
        driver.Driver.WriteRegister(MmioRegisters.QueueSelect, 0);
        driver.Driver.WriteRegister(MmioRegisters.QueueReset, 1);
        Assert.True(driver.Driver.IsQueueReady(0));
        new ProbeKind().AssertWorks(driver.Driver);
        Assert.Contains("queue 0 is not reset: the driver did not accept VIRTIO_F_RING_RESET", driver.Log.Last, StringComparison.Ordinal);
        Assert.Equal(1, driver.Log.Lines);
    }

    [Theory]
    [InlineData(0x80u, 0x8fu)]
    [InlineData(0x8fu, 0x8fu)]
    public void FAILED_by_itself_or_with_the_other_bits_ends_everything_until_the_reset(uint written, uint status)
    {
        using var driver = new LooseDriver(new ProbeKind(), split: false);
        driver.Accept().Write(11).SetUpQueues().Write(15).AssertServed(15);
        driver.Write(written, 4, 15);
        Assert.Equal(status, driver.Status);
        DriverQueue queue = driver.Queue;
        driver.Driver.AssertSilentAfterKick(0, () => queue.Offer(new ProbeKind().Request(driver.Bus)));
        new ProbeKind().AssertWorks(driver.Driver.Start());
    }

    [Fact]
    public void A_driver_that_is_refused_for_ever_does_not_fill_the_log()
    {
        using var driver = new LooseDriver(new ProbeKind(), split: false);
        for (uint i = 0; i < 1000; i++)
        {
            driver.Driver.Reset();
            driver.Driver.EnableQueue(0, new QueueAreas(1000 + i, 0, 0, 0));
            driver.Accept(1UL << (int)(i % 24)).Write(11, 15);
            Assert.Equal(0x43u, driver.Status);
        }

        Assert.InRange(driver.Log.Lines, 1, 3);
        new ProbeKind().AssertWorks(driver.Driver.Start());
    }
}
