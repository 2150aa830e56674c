using Virtio.Devices;
using Virtio.Devices.Console;
using Virtio.Testing;

namespace Virtio.Tests.Testbed;

/// <summary>A console's transmit queue. The tests of the device check the bytes that arrive at the stream.</summary>
internal sealed class ConsoleOutputKind : DeviceKind
{
    internal override string Name => "console output";

    public override ulong StandardFeatures => 0x7;

    public override int Queue => 1;

    public override IVirtioDevice Create() => new ConsoleDevice(new ConsoleDeviceOptions { Output = Stream.Null, Columns = 80, Rows = 25 });

    public override DriverBuffer[] Request(TestBus bus) => [DriverBuffer.Readable(bus.Place("hello"u8), 5)];

    public override void AssertAnswered(TestBus bus, DriverBuffer[] request, UsedBuffer used) => Assert.Equal(0u, used.Length);
}
