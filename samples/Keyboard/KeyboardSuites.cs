// The standard's requirements for each of its queues.
using Virtio.Devices;
using Virtio.Testing;
using Virtio.Testing.Conformance;
using Xunit;

namespace Keyboard;

public sealed class EventQueueTests() : QueueConformance(new Events());

public sealed class EventDeviceTests() : DeviceConformance(new Events());

public sealed class EventTransportTests() : TransportConformance(new Events());

public sealed class StatusQueueTests() : QueueConformance(new Status());

internal sealed class Events : DeviceUnderTest
{
    private static readonly InputEvent Press = new(InputEvent.KeyType, Code: 30, Value: 1);

    public override ulong StandardFeatures => 0;

    public override IVirtioDevice Create() => new KeyboardDevice();

    public override DriverBuffer[] Request(TestBus bus) => [DriverBuffer.Writable(bus.Place(new byte[8]), InputEvent.Length)];

    // The queue answers when the host has something: as many key presses as there are requests.
    public override void SupplyAnswers(IVirtioDevice device, int count)
    {
        for (int i = 0; i < count; i++)
            ((KeyboardDevice)device).Send(Press);
    }

    public override void AssertAnswered(TestBus bus, DriverBuffer[] request, UsedBuffer used) =>
        Assert.Equal(Press, InputEvent.From(bus.Read(request[0].Address, (int)used.Length)));
}

internal sealed class Status : DeviceUnderTest
{
    public override ulong StandardFeatures => 0;

    public override int Queue => 1;

    public override IVirtioDevice Create() => new KeyboardDevice();

    public override DriverBuffer[] Request(TestBus bus) => [DriverBuffer.Readable(bus.Place(new byte[8]), InputEvent.Length)];

    public override void AssertAnswered(TestBus bus, DriverBuffer[] request, UsedBuffer used) => Assert.Equal(0u, used.Length);
}
