using System.Diagnostics;
using Virtio.Transports.Mmio;

namespace Virtio.Testing.Conformance;

/// <summary>Operations on a driver that many tests share.</summary>
internal static class DriverExtensions
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Time for which a test checks that nothing happens.</summary>
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

    internal static SplitDriverQueue Split(this MmioDriver driver, int queue = 0) => (SplitDriverQueue)driver.Queue(queue);

    /// <summary>The descriptor area, the driver area and the device area.</summary>
    internal static (ulong Address, int Length)[] Parts(this DriverQueue queue)
    {
        (int driver, int device) = queue is PackedDriverQueue ? (4, 4) : (6 + (2 * queue.Size), 6 + (8 * queue.Size));
        return [(queue.Areas.Descriptor, 16 * queue.Size), (queue.Areas.Driver, driver), (queue.Areas.Device, device)];
    }

    /// <summary>The areas that the device writes.</summary>
    internal static (ulong Address, int Length)[] DeviceParts(this DriverQueue queue) =>
        queue is PackedDriverQueue ? [queue.Parts()[0], queue.Parts()[2]] : [queue.Parts()[2]];

    /// <summary>Negotiates every offered feature and sets up the queues, but does not set DRIVER_OK.</summary>
    internal static void Prepare(this MmioDriver driver)
    {
        Assert.True(driver.Negotiate(driver.OfferedFeatures));
        for (int i = 0; i < driver.QueueCount; i++)
            driver.SetUpQueue(i);
    }

    /// <summary>Brings the device into one of the states that a status register can be in.</summary>
    internal static void BringTo(this MmioDriver driver, DeviceStatusBits status, int queue = 0, Action? supply = null)
    {
        driver.Reset();
        if (status.HasFlag(DeviceStatusBits.FeaturesOk))
            driver.Prepare();
        if (status.HasFlag(DeviceStatusBits.DriverOk))
            driver.SetDriverOk();
        if (status.HasFlag(DeviceStatusBits.NeedsReset))
            driver.BreakRing(queue, supply);
        driver.Status =
            status & (DeviceStatusBits.Acknowledge | DeviceStatusBits.Driver | DeviceStatusBits.FeaturesOk | DeviceStatusBits.DriverOk);
        driver.Status = status & ~DeviceStatusBits.NeedsReset;
        Assert.Equal(status, driver.Status);
    }

    /// <summary>
    /// Offers a malformed chain and waits until the device has noticed. A queue that waits for data from the host only looks at the chain
    /// when
    /// <paramref name="supply"/> gives the device something to deliver.
    /// </summary>
    internal static void BreakRing(this MmioDriver driver, int queue = 0, Action? supply = null)
    {
        DriverQueue ring = driver.Queue(queue);
        ulong address = driver.Bus.Allocator.Allocate(64);
        if (ring is PackedDriverQueue packed)
            packed.OfferRaw([.. Enumerable.Range(0, ring.Size).Select(_ => new PackedDescriptor(address, 16, 0, PackedFlags.Next))]);
        else
            ((SplitDriverQueue)ring).OfferRaw(ushort.MaxValue);
        driver.Notify((uint)queue);
        supply?.Invoke();
        driver.AwaitNeedsReset();
    }

    internal static void AwaitNeedsReset(this MmioDriver driver) =>
        Assert.True(SpinWait.SpinUntil(() => driver.Status.HasFlag(DeviceStatusBits.NeedsReset), Patience), $"status is {driver.Status}");

    /// <summary>Polls for a used chain without asking for an interrupt, so that the driver does not write to memory meanwhile.</summary>
    internal static UsedBuffer Poll(this DriverQueue queue)
    {
        UsedBuffer used = default;
        Assert.True(SpinWait.SpinUntil(() => queue.TryCollect(out used), Patience), $"queue {queue.Index} completed no chain");
        return used;
    }

    internal static bool IsQueueResetting(this MmioDriver driver, uint queue)
    {
        driver.WriteRegister(MmioRegisters.QueueSelect, queue);
        return driver.ReadRegister(MmioRegisters.QueueReset) != 0;
    }

    /// <summary>
    /// Offers a chain to a queue that does not run, kicks it, and checks that the device neither writes memory nor interrupts.
    /// </summary>
    internal static void AssertSilentAfterKick(this MmioDriver driver, int queue, Action offer)
    {
        driver.Acknowledge(driver.PendingInterrupts);
        long raised = driver.Interrupt.Changes;
        offer();
        byte[] before = driver.Bus.Snapshot();
        driver.Notify((uint)queue);
        Assert.False(driver.Interrupt.WaitForChange(raised, Silence));
        Assert.Equal(InterruptBits.None, driver.PendingInterrupts);
        Assert.True(before.AsSpan().SequenceEqual(driver.Bus.Snapshot()), "the device wrote to memory for a queue that is down");
    }

    /// <summary>Waits until an event is pending, and does not acknowledge it.</summary>
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
