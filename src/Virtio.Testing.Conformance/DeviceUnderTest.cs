using Virtio.Devices;

namespace Virtio.Testing.Conformance;

/// <summary>A device and a request that it must answer: all that the suites need to know of it.</summary>
public abstract class DeviceUnderTest
{
    // Enough for every ring of the suites, and little enough to be compared byte for byte.
    private const ulong MemorySize = 2 << 20;

    /// <summary>The feature bits that the standard defines for the device's type, whether or not they are offered.</summary>
    public abstract ulong StandardFeatures { get; }

    /// <summary>Numbers of the type's feature bits, each with that of a bit which it needs.</summary>
    public virtual IReadOnlyList<(int Bit, int Needs)> Dependencies => [];

    /// <summary>The queue that requests go to.</summary>
    public virtual int Queue => 0;

    /// <summary>What the bus is made of that the device is put on.</summary>
    public virtual TestBusOptions BusOptions => new() { MemorySize = MemorySize };

    /// <summary>A new device. Its bus disposes it.</summary>
    public abstract IVirtioDevice Create();

    /// <summary>A valid request of at least one byte, in memory of its own: readable buffers, then writable ones.</summary>
    /// <param name="bus">Where to allocate the buffers.</param>
    public abstract DriverBuffer[] Request(TestBus bus);

    /// <summary>Checks the answer to <see cref="Request"/>, and throws when it is wrong.</summary>
    /// <param name="bus">Where the buffers are.</param>
    /// <param name="request">The buffers.</param>
    /// <param name="used">What the device says of it.</param>
    public abstract void AssertAnswered(TestBus bus, DriverBuffer[] request, UsedBuffer used);

    /// <summary>Checks that the started device serves a valid request.</summary>
    public void AssertWorks(MmioDriver driver)
    {
        ArgumentNullException.ThrowIfNull(driver);
        DriverBuffer[] request = Request(driver.Bus);
        DriverQueue queue = driver.Queue(Queue);
        ushort id = queue.Offer(request);
        queue.Kick();
        UsedBuffer used = queue.Collect();
        Assert.Equal(id, used.Id);
        AssertAnswered(driver.Bus, request, used);
        Free(driver.Bus, request);
    }

    internal static void Free(TestBus bus, DriverBuffer[] request) =>
        Array.ForEach(request, buffer => bus.Allocator.Free(buffer.Address, (int)buffer.Length));

    internal TestBus OnBus() => new(BusOptions, Create());

    /// <summary>On a bus, offering these features of its rings.</summary>
    internal TestBus OnBus(VirtioFeatures ring) => new(BusOptions, new OfferedRing(Create(), ring));
}
