using Virtio.Devices;
using Virtio.Testing;

namespace Virtio.Tests.Testbed;

internal sealed class ProbeKind : DeviceKind
{
    private static readonly byte[] Message = [.. Enumerable.Range(1, 100).Select(i => (byte)i)];

    internal override string Name => "probe";

    public override ulong StandardFeatures => 0;

    public override IVirtioDevice Create() => new ProbeDevice();

    public override DriverBuffer[] Request(TestBus bus) =>
        [
            DriverBuffer.Readable(bus.Place(Message), Message.Length),
            DriverBuffer.Writable(bus.Place(new byte[Message.Length]), Message.Length),
        ];

    public override void AssertAnswered(TestBus bus, DriverBuffer[] request, UsedBuffer used)
    {
        Assert.Equal((uint)Message.Length, used.Length);
        Assert.Equal(Message, bus.Read(request[1].Address, Message.Length));
    }
}
