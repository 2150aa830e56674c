using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Transports;

public sealed class MmioRegisterTests
{
    [Theory]
    [InlineData(0xcfff_ffff)]
    [InlineData(0xd000_1000)]
    [InlineData(0)]
    [InlineData(ulong.MaxValue)]
    public void Beside_the_devices_there_is_nothing(ulong address)
    {
        using var bus = new TestBus(new ProbeDevice());
        byte[] data = [1, 2, 3, 4];
        Assert.False(bus.Mmio.HandleMmio(address, data, isWrite: true));
        Assert.False(bus.Mmio.HandleMmio(address, data, isWrite: false));
        Assert.Equal(new byte[4], data);
    }

    [Fact]
    public void Devices_lie_side_by_side_with_an_interrupt_each()
    {
        using var bus = new TestBus(new ProbeDevice(), new ProbeDevice(), new ProbeDevice());
        Assert.Equal([0xd000_0000, 0xd000_1000, 0xd000_2000], bus.Mmio.Devices.Select(device => device.Address));
        Assert.Equal([5, 6, 7], bus.Mmio.Devices.Select(device => device.Interrupt));
        foreach (MmioDriver driver in bus.Drivers)
            new ProbeKind().AssertWorks(driver.Start());
        Assert.All(bus.Drivers, driver => Assert.Equal(1, driver.Interrupt.Raised));
    }

    [Theory]
    [InlineData(VirtioFeatures.None)]
    [InlineData(VirtioFeatures.NotificationData)]
    public void A_kick_names_its_queue_in_the_lower_half_with_NOTIFICATION_DATA_and_in_the_whole_register_without(VirtioFeatures taken)
    {
        using var bus = new TestBus(new ProbeDevice { Sizes = [8, 8], RingFeatures = VirtioFeatures.NotificationData });
        MmioDriver driver = bus.Driver().Start((ulong)(VirtioFeatures.Version1 | taken));
        DriverQueue queue = driver.Queue(1);
        queue.Offer(DriverBuffer.Readable(bus.Place("x"u8), 1));

        // The upper half has the next position in the ring (NOTIFICATION_DATA).
        driver.Notify(0x0001_0001);
        Assert.Equal(
            taken != VirtioFeatures.None,
            driver.Interrupt.WaitForChange(0, taken == VirtioFeatures.None ? DriverExtensions.Silence : DriverExtensions.Patience));
        queue.Kick();
        queue.Collect();
    }
}
