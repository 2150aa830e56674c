using Virtio.Devices;
using Virtio.Testing;

namespace Virtio.Tests.Testbed;

/// <summary>A kind of device and a request that it must answer: what tests need to run over every device alike.</summary>
internal abstract class DeviceKind
{
    internal static readonly DeviceKind[] Every = [new ProbeKind(), new EntropyKind(), new BlockKind(), new ConsoleOutputKind(), new ConsoleInputKind()];

    /// <summary>For <c>MemberData</c>: test frameworks show and find cases by plain values.</summary>
    public static TheoryData<string> Names => [.. Every.Select(kind => kind.Name)];

    internal abstract string Name { get; }

    /// <summary>The device-type feature bits that the standard defines, whether or not they are offered.</summary>
    internal abstract ulong StandardFeatures { get; }

    /// <summary>The queue that requests go to.</summary>
    internal virtual int Queue => 0;

    internal static DeviceKind Named(string name) => Every.Single(kind => kind.Name == name);

    internal abstract IVirtioDevice Create();

    /// <summary>A valid request, in memory of its own.</summary>
    internal abstract DriverBuffer[] Request(TestBus bus);

    /// <summary>Checks the answer to <see cref="Request"/>.</summary>
    internal abstract void AssertAnswered(TestBus bus, DriverBuffer[] request, UsedBuffer used);

    /// <summary>The started device serves a valid request.</summary>
    internal void AssertWorks(MmioDriver driver)
    {
        DriverBuffer[] request = Request(driver.Bus);
        DriverQueue queue = driver.Queue(Queue);
        ushort id = queue.Offer(request);
        queue.Kick();
        UsedBuffer used = queue.Collect();
        Assert.Equal(id, used.Id);
        AssertAnswered(driver.Bus, request, used);
        Array.ForEach(request, buffer => driver.Bus.Allocator.Free(buffer.Address, (int)buffer.Length));
    }

    public override string ToString() => Name;
}
