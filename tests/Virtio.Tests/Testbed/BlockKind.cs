using System.Buffers.Binary;
using Virtio.Devices;
using Virtio.Devices.Block;
using Virtio.Storage;
using Virtio.Testing;

namespace Virtio.Tests.Testbed;

/// <summary>A block device. The request reads the last sector, of which every byte is <see cref="LastByte"/>.</summary>
internal sealed class BlockKind : DeviceKind
{
    internal const int Sectors = 128;
    internal const int SectorSize = 512;

    private const byte LastByte = 0x5a;
    private const int HeaderLength = 16;

    internal override string Name => "block";

    // Bits 1, 2, 4 to 6, 9 to 17 (virtio 1.4, 5.2.3).
    public override ulong StandardFeatures => 0x3_fe76;

    // CONFIG_WCE needs FLUSH (virtio 1.4, 5.2.5.2).
    public override IReadOnlyList<(int Bit, int Needs)> Dependencies => [(11, 9)];

    internal static byte[] NewImage()
    {
        byte[] image = new byte[Sectors * SectorSize];
        new Random(1).NextBytes(image);
        image.AsSpan((Sectors - 1) * SectorSize).Fill(LastByte);
        return image;
    }

    internal static byte[] Header(uint type, ulong sector)
    {
        byte[] header = new byte[HeaderLength];
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), sector);
        return header;
    }

    public override IVirtioDevice Create() => new BlockDevice(new MemoryStorage(NewImage()));

    public override DriverBuffer[] Request(TestBus bus) =>
    [
        DriverBuffer.Readable(bus.Place(Header(0, Sectors - 1)), HeaderLength),
        DriverBuffer.Writable(bus.Place(new byte[SectorSize]), SectorSize),
        DriverBuffer.Writable(bus.Place([(byte)BlockResult.None]), 1),
    ];

    public override void AssertAnswered(TestBus bus, DriverBuffer[] request, UsedBuffer used)
    {
        Assert.Equal(SectorSize + 1u, used.Length);
        Assert.All(bus.Read(request[1].Address, SectorSize), value => Assert.Equal(LastByte, value));
        Assert.Equal((byte)BlockResult.Ok, bus.Read(request[2].Address, 1)[0]);
    }
}
