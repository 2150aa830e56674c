using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Transports;

public sealed class StatusTests
{
    [Theory]
    [MemberData(nameof(DeviceKind.Names), MemberType = typeof(DeviceKind))]
    [Requirement("BASIC-STATUS-1", "BASIC-STATUS-2")]
    public void Nothing_is_taken_and_nobody_notified_before_DRIVER_OK(string name)
    {
        DeviceKind kind = DeviceKind.Named(name);
        using var bus = new TestBus(kind.Create());
        MmioDriver driver = bus.Driver();
        driver.Prepare();
        DriverQueue queue = driver.Queue(kind.Queue);
        DriverBuffer[] request = kind.Request(bus);
        queue.Offer(request);
        driver.Notify((uint)kind.Queue);
        Assert.False(driver.Interrupt.WaitForChange(0, DriverExtensions.Silence));
        Assert.False(queue.TryCollect(out _));
        Assert.Equal(InterruptBits.None, driver.PendingInterrupts);
        driver.SetDriverOk();
        driver.Notify((uint)kind.Queue);
        kind.AssertAnswered(bus, request, queue.Collect());
    }

    [Theory]
    [MemberData(nameof(DeviceKind.Names), MemberType = typeof(DeviceKind))]
    [Requirement("BASIC-STATUS-3", "BASIC-STATUS-4")]
    public void A_ring_that_contradicts_itself_needs_a_reset_says_so_and_is_cured_by_it(string name)
    {
        DeviceKind kind = DeviceKind.Named(name);
        using var bus = new TestBus(kind.Create());
        MmioDriver driver = bus.Driver().Start();
        driver.BreakRing(kind.Queue);
        driver.AwaitPending(InterruptBits.ConfigChange);
        kind.AssertWorks(driver.Start());
    }

    [Theory]
    [MemberData(nameof(DeviceKind.Names), MemberType = typeof(DeviceKind))]
    [Requirement("BASIC-RESET-1", "MMIO-5", "MMIO-6")]
    public void Reset_ends_every_state_and_clears_interrupts_and_queues(string name)
    {
        DeviceKind kind = DeviceKind.Named(name);
        using var bus = new TestBus(kind.Create());
        MmioDriver driver = bus.Driver();
        foreach (DeviceStatusBits status in DriverExtensions.States)
        {
            driver.BringTo(status, kind.Queue);
            driver.Status = DeviceStatusBits.None;
            Assert.Equal(DeviceStatusBits.None, driver.Status);
            Assert.Equal(InterruptBits.None, driver.PendingInterrupts);
            Assert.False(driver.Interrupt.IsAsserted);
            Assert.All(Enumerable.Range(0, driver.QueueCount), queue => Assert.False(driver.IsQueueReady((uint)queue)));
            kind.AssertWorks(driver.Start());
        }
    }

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
        fails = false;
        new ProbeKind().AssertWorks(driver.Start());
    }
}
