using System.Runtime.Versioning;
using Virtio.Devices;
using Virtio.Devices.Block;
using Virtio.Linux;
using Virtio.Storage;
using Virtio.Testing;
using Virtio.Testing.Conformance;

namespace Virtio.VhostUser.Tests;

/// <summary>A disk of a server in this process, with a request that reads its first sector.</summary>
[SupportedOSPlatform("linux")]
internal sealed class RemoteBlockKind : DeviceUnderTest, IDisposable
{
    private const int SectorSize = 512;
    private const int HeaderLength = 16;
    private const byte Content = 0x5a;

    private readonly List<ServedAlone> _served = [];

    // Bits 1, 2, 4 to 6, 9 to 17 (virtio 1.4, 5.2.3).
    public override ulong StandardFeatures => 0x3_fe76;

    public override TestBusOptions BusOptions => base.BusOptions with { AllocateMemory = ranges => SharedGuestMemory.Allocate(ranges) };

    public override IVirtioDevice Create()
    {
        byte[] image = new byte[64 * SectorSize];
        Array.Fill(image, Content, 0, SectorSize);
        var options = new BlockDeviceOptions { RingFeatures = VirtioFeatures.RingDefault | VirtioFeatures.InOrder };
        var served = new ServedAlone(new BlockDevice(new MemoryStorage(image), options), new VhostUserServerOptions { Packed = true });
        _served.Add(served);
        return VhostUserDevice.Connect(DeviceId.Block, served.Path);
    }

    public override DriverBuffer[] Request(TestBus bus) =>
    [
        DriverBuffer.Readable(bus.Place(new byte[HeaderLength]), HeaderLength),
        DriverBuffer.Writable(bus.Place(new byte[SectorSize]), SectorSize),
        DriverBuffer.Writable(bus.Place([(byte)BlockResult.None]), 1),
    ];

    public override void AssertAnswered(TestBus bus, DriverBuffer[] request, UsedBuffer used)
    {
        Assert.Equal(SectorSize + 1u, used.Length);
        Assert.All(bus.Read(request[1].Address, SectorSize), value => Assert.Equal(Content, value));
        Assert.Equal((byte)BlockResult.Ok, bus.Read(request[2].Address, 1)[0]);
    }

    public void Dispose() => _served.ForEach(served => served.DisposeAsync().AsTask().GetAwaiter().GetResult());
}
