using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Transports;

public sealed class StatusTests
{
    [Fact]
    [Requirement("MMIO-5")]
    public void Reset_clears_both_events()
    {
        var device = new ProbeDevice();
        using var bus = new TestBus(device);
        MmioDriver driver = bus.Driver().Start();
        new ProbeKind().AssertWorks(driver);
        device.Activation!.NotifyConfigChanged();
        driver.Queue().Offer(DriverBuffer.Readable(bus.Place("x"u8), 1));
        driver.Queue().EnableInterrupts();
        driver.Notify(0);
        driver.AwaitPending(InterruptBits.UsedBuffer | InterruptBits.ConfigChange);
        driver.Status = DeviceStatusBits.None;
        Assert.Equal(InterruptBits.None, driver.PendingInterrupts);
    }

    [Fact]
    public void A_device_is_activated_once_and_reset_only_after_that()
    {
        int activations = 0;
        var device = new ProbeDevice { OnActivate = () => activations++ };
        using var bus = new TestBus(device);
        MmioDriver driver = bus.Driver();
        driver.Prepare();
        driver.Reset();
        Assert.Equal((0, 0), (activations, device.Resets));
        driver.Start();
        driver.Status = DeviceStatusBits.Running;
        Assert.Equal((1, 0), (activations, device.Resets));
        driver.Reset();
        Assert.Equal((1, 1), (activations, device.Resets));
    }

    [Fact]
    public void A_device_that_cannot_be_activated_needs_a_reset()
    {
        bool fails = true;
        using var bus = new TestBus(new ProbeDevice { OnActivate = () => Assert.False(fails, "cannot") });
        MmioDriver driver = bus.Driver();
        driver.Prepare();
        driver.Status = DeviceStatusBits.Running;
        Assert.Equal(DeviceStatusBits.Running | DeviceStatusBits.NeedsReset, driver.Status);
        Assert.Equal(InterruptBits.ConfigChange, driver.PendingInterrupts);
        Assert.Contains("cannot", driver.ShowFailure()!.Message, StringComparison.Ordinal);
        fails = false;
        new ProbeKind().AssertWorks(driver.Start());
    }
}
