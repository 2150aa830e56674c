using System.Diagnostics;
using Virtio.Testing;

namespace Virtio.Tests.Testbed;

/// <summary>What many tests do with a driver.</summary>
internal static class DriverExtensions
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How long "nothing happens" is watched for.</summary>
    internal static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(50);

    /// <summary>The states that a status register can be in.</summary>
    internal static readonly DeviceStatusBits[] States =
    [
        DeviceStatusBits.None,
        DeviceStatusBits.Acknowledge,
        DeviceStatusBits.Acknowledge | DeviceStatusBits.Driver,
        DeviceStatusBits.Negotiated,
        DeviceStatusBits.Running,
        DeviceStatusBits.Running | DeviceStatusBits.NeedsReset,
        DeviceStatusBits.Running | DeviceStatusBits.Failed,
    ];

    internal static PackedDriverQueue Packed(this MmioDriver driver, int queue = 0) => (PackedDriverQueue)driver.Queue(queue);

    /// <summary>Negotiates everything offered and sets the queues up, short of DRIVER_OK.</summary>
    internal static void Prepare(this MmioDriver driver)
    {
        Assert.True(driver.Negotiate(driver.OfferedFeatures));
        for (int i = 0; i < driver.QueueCount; i++)
            driver.SetUpQueue(i);
    }

    /// <summary>Brings the device into one of the states that a status register can be in.</summary>
    internal static void BringTo(this MmioDriver driver, DeviceStatusBits status, int queue = 0)
    {
        driver.Reset();
        if (status.HasFlag(DeviceStatusBits.FeaturesOk))
            driver.Prepare();
        if (status.HasFlag(DeviceStatusBits.DriverOk))
            driver.SetDriverOk();
        if (status.HasFlag(DeviceStatusBits.NeedsReset))
            driver.BreakRing(queue);
        driver.Status = status & (DeviceStatusBits.Acknowledge | DeviceStatusBits.Driver | DeviceStatusBits.FeaturesOk | DeviceStatusBits.DriverOk);
        driver.Status = status & ~DeviceStatusBits.NeedsReset;
        Assert.Equal(status, driver.Status);
    }

    /// <summary>Offers a chain that never ends, and waits until the device has found that out.</summary>
    internal static void BreakRing(this MmioDriver driver, int queue = 0)
    {
        PackedDriverQueue ring = driver.Packed(queue);
        ulong address = driver.Bus.Allocator.Allocate(64);
        ring.OfferRaw([.. Enumerable.Range(0, ring.Size).Select(_ => new PackedDescriptor(address, 16, 0, PackedFlags.Next))]);
        driver.Notify((uint)queue);
        driver.AwaitNeedsReset();
    }

    internal static void AwaitNeedsReset(this MmioDriver driver) =>
        Assert.True(SpinWait.SpinUntil(() => driver.Status.HasFlag(DeviceStatusBits.NeedsReset), Patience), $"status is {driver.Status}");

    /// <summary>Waits until an event is pending, and acknowledges nothing.</summary>
    internal static void AwaitPending(this MmioDriver driver, InterruptBits events)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Patience)
        {
            long seen = driver.Interrupt.Changes;
            if (driver.PendingInterrupts.HasFlag(events))
                return;
            driver.Interrupt.WaitForChange(seen, Patience);
        }

        Assert.Fail($"{events} did not come; pending are {driver.PendingInterrupts}");
    }

    /// <summary>All of guest RAM as it is now.</summary>
    internal static byte[] Snapshot(this TestBus bus) => bus.Read(bus.Options.MemoryAddress, checked((int)bus.Options.MemorySize));
}
