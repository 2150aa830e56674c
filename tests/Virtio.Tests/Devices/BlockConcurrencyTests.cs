using Virtio.Devices.Block;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Devices;

public sealed class BlockConcurrencyTests
{
    [Fact]
    [Requirement("PACKED-ORDER-2")]
    public void A_slow_request_holds_up_no_other_and_its_used_descriptor_comes_after_theirs()
    {
        var storage = new HeldStorage(1 << 20, offset => offset == 0);
        using var bus = new TestBus(new BlockDevice(storage));
        DriverQueue queue = bus.Driver().Start().Queue();
        ushort slow = Read(bus, 0);
        ushort fast = Read(bus, 1);
        queue.Kick();
        Assert.Equal(fast, queue.Collect().Id);
        Assert.False(queue.TryCollect(out _));
        storage.Release();
        Assert.Equal(slow, queue.Collect().Id);
    }

    [Fact]
    public void Requests_run_in_parallel_up_to_the_depth_of_the_queue()
    {
        var storage = new HeldStorage(1 << 20);
        using var bus = new TestBus(new BlockDevice(storage));
        DriverQueue queue = bus.Driver().Start().Queue();
        for (ulong i = 0; i < 256; i++)
            ReadIndirect(bus, i);
        queue.Kick();
        storage.WaitUntilHeld(256);
        storage.Release();
        for (int i = 0; i < 256; i++)
            Assert.Equal(513u, queue.Collect().Length);
    }

    private static ushort Read(TestBus bus, ulong sector) => bus.Driver().Queue().Offer(Chain(bus, sector));

    private static void ReadIndirect(TestBus bus, ulong sector) => bus.Driver().Queue().OfferIndirect(Chain(bus, sector));

    private static DriverBuffer[] Chain(TestBus bus, ulong sector) =>
        [DriverBuffer.Readable(bus.Place(BlockKind.Header(0, sector)), 16), DriverBuffer.Writable(bus.Allocator.Allocate(513), 513)];
}
