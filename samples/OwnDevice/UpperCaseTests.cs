// Tests the device with a driver, and against all requirements of the standard, without a virtual machine:
// dotnet run --project samples/OwnDevice
using Virtio.Devices;
using Virtio.Testing;
using Virtio.Testing.Conformance;
using Xunit;

namespace OwnDevice;

public sealed class UpperCaseTests
{
    [Fact]
    public async Task Letters_come_back_in_upper_case()
    {
        await using var bus = new TestBus(new UpperCaseDevice());
        MmioDriver driver = bus.Driver().Start();
        Assert.Equal("HELLO, DEVICE"u8, driver.Queue().Exchange("hello, device"u8, room: 64));
    }
}

public sealed class UpperCaseQueueTests() : QueueConformance(new UpperCase());

public sealed class UpperCaseDeviceTests() : DeviceConformance(new UpperCase());

public sealed class UpperCaseTransportTests() : TransportConformance(new UpperCase());

/// <summary>Tells the suites how to create the device, and a request with its answer.</summary>
internal sealed class UpperCase : DeviceUnderTest
{
    // No standard defines the type.
    public override ulong StandardFeatures => 0;

    public override IVirtioDevice Create() => new UpperCaseDevice();

    public override DriverBuffer[] Request(TestBus bus) =>
        [DriverBuffer.Readable(bus.Place("hello"u8), 5), DriverBuffer.Writable(bus.Place("....."u8), 5)];

    public override void AssertAnswered(TestBus bus, DriverBuffer[] request, UsedBuffer used)
    {
        Assert.Equal(5u, used.Length);
        Assert.Equal("HELLO"u8, bus.Read(request[1].Address, 5));
    }
}
