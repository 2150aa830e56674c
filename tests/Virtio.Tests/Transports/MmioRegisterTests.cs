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
}
