using System.Collections.Concurrent;
using Virtio.Queues;
using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Driver;

/// <summary>What the driver's side, which is a library of its own, reports when a device does not do its part.</summary>
public sealed class DriverSideTests
{
    [Fact]
    public void A_device_that_gives_nothing_back_is_a_time_out_that_names_the_queue_and_the_status()
    {
        using var kept = new BlockingCollection<DescriptorChain>();
        using var bus = new TestBus(
            new TestBusOptions { Timeout = TimeSpan.FromMilliseconds(50) }, new ProbeDevice(ProbeDevice.Keep(kept)));
        DriverQueue queue = bus.Driver().Start().Queue();
        string message = Assert.Throws<TimeoutException>(() => queue.Exchange("x"u8, 0)).Message;
        Assert.Contains("queue 0", message, StringComparison.Ordinal);
        Assert.Contains("Running", message, StringComparison.Ordinal);
        kept.Take().Complete(0);
    }

    [Fact]
    public void A_chain_that_the_device_was_not_given_is_refused()
    {
        using var bus = new TestBus(new ProbeDevice());
        PackedDriverQueue queue = bus.Driver().Start().Packed();
        queue.WriteDescriptor(0, new PackedDescriptor(0, 0, 9, PackedFlags.Available | PackedFlags.Used));
        Assert.Throws<InvalidOperationException>(() => queue.TryCollect(out _));
    }

    [Fact]
    public void Features_that_the_device_does_not_accept_stop_the_start()
    {
        using var bus = new TestBus(new ProbeDevice());
        Assert.Throws<InvalidOperationException>(() => bus.Driver().Start(0));
    }

    [Fact]
    public void A_ring_takes_as_many_descriptors_as_it_has_and_gets_them_back()
    {
        using var kept = new BlockingCollection<DescriptorChain>();
        using var bus = new TestBus(new ProbeDevice(ProbeDevice.Keep(kept)) { Sizes = [4] });
        DriverQueue queue = bus.Driver().Start().Queue();
        DriverBuffer one = DriverBuffer.Readable(bus.Allocator.Allocate(1), 1);
        queue.Offer(one, one, one);
        Assert.False(queue.TryOffer([one, one], out _));
        Assert.True(queue.TryOffer([one, one], out _, indirect: true));
        Assert.False(queue.TryOffer([one], out _));
        Assert.Throws<InvalidOperationException>(() => queue.Offer(one));
        queue.Kick();
        kept.Take().Complete(0);
        kept.Take().Complete(0);
        queue.Collect();
        queue.Collect();
        Assert.Equal(0, queue.Outstanding);
        queue.Offer(one, one, one, one);
        queue.Kick();
        kept.Take().Complete(0);
    }

    [Fact]
    public void A_wish_for_no_interrupts_is_not_one_that_a_device_has_just_come_by()
    {
        using var bus = new TestBus(new ProbeDevice { RingFeatures = VirtioFeatures.EventIndex });
        SplitDriverQueue queue = bus.Driver().Start().Split();
        ulong buffer = bus.Allocator.Allocate(1);
        for (int i = 0; i < 3; i++)
        {
            queue.Offer(DriverBuffer.Readable(buffer, 1));
            queue.Kick();
            queue.Poll();
            queue.DisableInterrupts();

            // The device has published up to NextUsed, from at most a ring before it, and may not have read the event index yet.
            int behind = unchecked((ushort)(queue.NextUsed - 1 - queue.UsedEvent));
            Assert.InRange(behind, queue.Size, ushort.MaxValue - queue.Size);
        }
    }

    [Fact]
    public void Guest_addresses_are_handed_out_once_aligned_and_again_after_they_were_freed()
    {
        using var bus = new TestBus(new TestBusOptions { MemorySize = 1 << 20 });
        var random = new Random(13);
        var blocks = new List<(ulong Address, int Length)>();
        for (int i = 0; i < 100; i++)
        {
            int length = random.Next(1, 6000);
            ulong address = bus.Allocator.Allocate(length);
            Assert.True(bus.Memory.Contains(address, (ulong)length));
            Assert.Equal(0UL, address % (length > 2048 ? 4096u : 64u));
            Assert.DoesNotContain(
                blocks,
                other => address < other.Address + (ulong)other.Length && other.Address < address + (ulong)length);
            blocks.Add((address, length));
        }

        (ulong last, int lastLength) = blocks[^1];
        bus.Allocator.Free(last, lastLength);
        Assert.Equal(last, bus.Allocator.Allocate(lastLength));
        Assert.Throws<InvalidOperationException>(() => bus.Allocator.Allocate(1 << 20));
    }

    [Fact]
    public async Task Several_threads_drive_several_queues_of_one_device()
    {
        await using var bus = new TestBus(new ProbeDevice { Sizes = [16, 16, 16] });
        MmioDriver driver = bus.Driver().Start();
        await Task.WhenAll(Enumerable.Range(0, 3).Select(index => Task.Run(() =>
        {
            byte[] message = [.. Enumerable.Repeat((byte)index, 32)];
            for (int i = 0; i < 3000; i++)
                Assert.Equal(message, driver.Queue(index).Exchange(message, 32));
        })));
    }
}
