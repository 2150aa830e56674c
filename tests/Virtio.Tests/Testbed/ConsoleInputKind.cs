using Virtio.Devices;
using Virtio.Devices.Console;
using Virtio.Testing;

namespace Virtio.Tests.Testbed;

/// <summary>A console's receive queue, with input that never ends.</summary>
internal sealed class ConsoleInputKind : DeviceKind
{
    private const int Room = 16;

    internal override string Name => "console input";

    public override ulong StandardFeatures => 0x7;

    public override IVirtioDevice Create() =>
        new ConsoleDevice(new ConsoleDeviceOptions { Input = new EndlessStream(), InputHold = TimeSpan.Zero, Columns = 80, Rows = 25 })
        {
            IgnoresControl = true,
        };

    public override DriverBuffer[] Request(TestBus bus) => [DriverBuffer.Writable(bus.Place(new byte[Room]), Room)];

    public override void AssertAnswered(TestBus bus, DriverBuffer[] request, UsedBuffer used)
    {
        Assert.InRange(used.Length, 1u, (uint)Room);
        Assert.All(bus.Read(request[0].Address, (int)used.Length), value => Assert.Equal(EndlessStream.Byte, value));
    }
}
