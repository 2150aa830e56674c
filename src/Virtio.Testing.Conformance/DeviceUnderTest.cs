using Virtio.Devices;

namespace Virtio.Testing.Conformance;

/// <summary>A device and a request that it must complete: all that the suites know of it. The device is alone on its bus.</summary>
public abstract class DeviceUnderTest
{
    // Enough for every ring of the suites, and small enough to be compared byte for byte.
    private const ulong MemorySize = 2 << 20;

    /// <summary>The feature bits that the standard defines for the device's type, whether or not they are offered.</summary>
    public abstract ulong StandardFeatures { get; }

    /// <summary>Numbers of the type's feature bits, each with the number of a bit that it requires.</summary>
    public virtual IReadOnlyList<(int Bit, int Needs)> Dependencies => [];

    /// <summary>The queue that requests go to.</summary>
    public virtual int Queue => 0;

    /// <summary>Options of the bus that the device is put on.</summary>
    public virtual TestBusOptions BusOptions => new() { MemorySize = MemorySize };

    /// <summary>A new device. Its bus disposes it.</summary>
    public abstract IVirtioDevice Create();

    /// <summary>A valid request of at least one byte, in newly allocated memory: readable buffers, then writable ones.</summary>
    /// <param name="bus">The bus to allocate the buffers from.</param>
    public abstract DriverBuffer[] Request(TestBus bus);

    /// <summary>
    /// Makes the host's side of the device supply the data for the answers to <paramref name="count"/> requests. Some queues need it: their
    /// chains are room for data from the host (key presses, packets), so the device completes nothing by itself. The default does nothing,
    /// which is right for a queue whose requests contain all that the answer needs.
    /// </summary>
    /// <remarks>
    /// Called after each batch of that many requests was made available and the device was kicked. It is also called while the queue does
    /// not run: the device may then keep the data for later or drop it, but must not fail. Because the device may keep the data, all
    /// answers should be alike.
    /// </remarks>
    /// <param name="device">The device that <see cref="Create"/> returned.</param>
    /// <param name="count">Number of answers, at least 1; at most 10 in the suites.</param>
    public virtual void SupplyAnswers(IVirtioDevice device, int count)
    {
    }

    /// <summary>Checks the answer to <see cref="Request"/>, and throws when it is wrong.</summary>
    /// <param name="bus">The bus whose memory has the buffers.</param>
    /// <param name="request">The buffers.</param>
    /// <param name="used">The used entry of the request.</param>
    public abstract void AssertAnswered(TestBus bus, DriverBuffer[] request, UsedBuffer used);

    /// <summary>Checks that the started device serves a valid request.</summary>
    public void AssertWorks(MmioDriver driver)
    {
        ArgumentNullException.ThrowIfNull(driver);
        DriverBuffer[] request = Request(driver.Bus);
        DriverQueue queue = driver.Queue(Queue);
        ushort id = queue.Offer(request);
        queue.Kick();
        Supply(driver.Bus, 1);
        UsedBuffer used = queue.Collect();
        Assert.Equal(id, used.Id);
        AssertAnswered(driver.Bus, request, used);
        Free(driver.Bus, request);
    }

    internal static void Free(TestBus bus, DriverBuffer[] request) =>
        Array.ForEach(request, buffer => bus.Allocator.Free(buffer.Address, (int)buffer.Length));

    internal void Supply(TestBus bus, int count)
    {
        IVirtioDevice device = bus.Driver().Device;
        if (count > 0)
            SupplyAnswers(device is OfferedRing offered ? offered.Device : device, count);
    }

    internal TestBus OnBus() => new(BusOptions, Create());

    /// <summary>The device on a bus, offering these features of its rings.</summary>
    internal TestBus OnBus(VirtioFeatures ring) => new(BusOptions, new OfferedRing(Create(), ring));
}
