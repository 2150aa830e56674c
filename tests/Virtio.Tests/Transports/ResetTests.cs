using Virtio.Devices.Block;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Transports;

public sealed class ResetTests
{
    private const byte Pattern = 0xa7;

    [Fact]
    [Requirement("BASIC-RESET-2", "BASIC-RESET-3")]
    public void Requests_in_flight_touch_nothing_after_a_reset()
    {
        var storage = new HeldStorage(1 << 20);
        using var bus = new TestBus(new BlockDevice(storage));
        MmioDriver driver = bus.Driver().Start();
        ulong buffers = bus.Allocator.Allocate(64 * 512);
        for (int i = 0; i < 64; i++)
        {
            driver.Queue().Offer(
                DriverBuffer.Readable(bus.Place(BlockKind.Header(0, (ulong)i)), 16),
                DriverBuffer.Writable(buffers + (ulong)(i * 512), 512),
                DriverBuffer.Writable(bus.Allocator.Allocate(1), 1));
        }

        driver.Queue().Kick();
        storage.WaitUntilHeld(64);
        driver.Status = DeviceStatusBits.None;
        Assert.Equal(DeviceStatusBits.None, driver.Status);
        Assert.Equal(0, storage.Held);
        long raised = driver.Interrupt.Changes;
        byte[] pattern = new byte[bus.Options.MemorySize];
        pattern.AsSpan().Fill(Pattern);
        bus.Memory.TryWrite(bus.Options.MemoryAddress, pattern);
        Assert.False(driver.Interrupt.WaitForChange(raised, DriverExtensions.Silence));
        Assert.True(bus.Snapshot().AsSpan().SequenceEqual(pattern));
    }

    [Fact]
    [Requirement("BASIC-RESET-2")]
    public void A_configuration_change_at_the_moment_of_a_reset_raises_nothing_after_it()
    {
        var device = new ProbeDevice();
        using var bus = new TestBus(device);
        MmioDriver driver = bus.Driver().Start();
        using var host = new BackgroundLoop(() => device.Activation!.NotifyConfigChanged());
        int late = 0;
        for (int i = 0; i < 300; i++)
        {
            driver.Status = DeviceStatusBits.None;
            for (int look = 0; look < 20; look++)
                late += driver.PendingInterrupts == InterruptBits.None && !driver.Interrupt.IsAsserted ? 0 : 1;
            driver.Start();
        }

        host.Stop();
        Assert.Equal(0, late);
    }

    [Fact]
    public void An_activation_that_a_reset_has_ended_cannot_fail_the_device()
    {
        var device = new ProbeDevice();
        using var bus = new TestBus(device);
        MmioDriver driver = bus.Driver().Start();
        driver.Reset();
        device.Activation!.Fail("late");
        Assert.Equal(DeviceStatusBits.None, driver.Status);
        new ProbeKind().AssertWorks(driver.Start());
    }
}
