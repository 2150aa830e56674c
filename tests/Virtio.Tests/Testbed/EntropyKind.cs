using Virtio.Devices;
using Virtio.Devices.Entropy;
using Virtio.Testing;

namespace Virtio.Tests.Testbed;

internal sealed class EntropyKind : DeviceKind
{
    private const int Length = 32;

    internal override string Name => "entropy";

    public override ulong StandardFeatures => 0;

    public override IVirtioDevice Create() => new EntropyDevice();

    public override DriverBuffer[] Request(TestBus bus) => [DriverBuffer.Writable(bus.Place(new byte[Length]), Length)];

    public override void AssertAnswered(TestBus bus, DriverBuffer[] request, UsedBuffer used)
    {
        Assert.InRange(used.Length, 1u, (uint)Length);
        Assert.Contains(bus.Read(request[0].Address, Length), value => value != 0);
    }
}
