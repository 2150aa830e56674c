using Virtio.Devices.Block;
using Virtio.Storage;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Devices;

public sealed class BlockDeviceTests
{
    private const int Sector = 512;

    private readonly byte[] _image = BlockKind.NewImage();

    [Fact]
    [Requirement("BLK-INIT-1", "BLK-INIT-2", "BLK-INIT-5", "BLK-LIFE-2")]
    public void FLUSH_is_offered_and_nothing_that_there_is_not()
    {
        using TestBus bus = Disk();
        ulong offered = bus.Driver().OfferedFeatures;
        Assert.NotEqual(0UL, offered & (1UL << 9));
        Assert.Equal(0UL, offered & ((1UL << 11) | (1UL << 15) | (1UL << 17)));
    }

    [Fact]
    [Requirement("BLK-INIT-4")]
    public void Configuration_shows_capacity_limits_and_zero_padding()
    {
        using TestBus bus = Disk();
        MmioDriver driver = bus.Driver();
        Assert.Equal((ulong)BlockKind.Sectors, driver.ReadConfig<ulong>(0));
        Assert.Equal(254u, driver.ReadConfig<uint>(12));
        Assert.Equal(512u, driver.ReadConfig<uint>(20));

        // unused0 behind writeback, unused1 behind write_zeroes_may_unmap (virtio 1.4, 5.2.4).
        Assert.Equal(0, driver.ReadConfig<byte>(33));
        Assert.Equal((0, 0, 0), (driver.ReadConfig<byte>(57), driver.ReadConfig<byte>(58), driver.ReadConfig<byte>(59)));
    }

    [Fact]
    public void What_was_written_is_read_back_and_nothing_beside_it_changes()
    {
        using TestBus bus = Disk();
        var disk = new BlockDriver(bus.Driver().Start());
        byte[] expected = [.. _image];
        byte[] data = new byte[3 * Sector];
        new Random(5).NextBytes(data);
        Assert.Equal(BlockResult.Ok, disk.Write(7, data));
        data.CopyTo(expected.AsSpan(7 * Sector));
        byte[] read = new byte[expected.Length];
        Assert.Equal(BlockResult.Ok, disk.Read(0, read));
        Assert.Equal(expected, read);
        Assert.Equal(expected, _image);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Requirement("BLK-REQ-3", "BLK-REQ-4")]
    public void A_read_only_disk_offers_RO_and_refuses_writes_whether_or_not_RO_was_taken(bool taken)
    {
        byte[] before = [.. _image];
        using var bus = new TestBus(new BlockDevice(new MemoryStorage(_image), new BlockDeviceOptions { ReadOnly = true }));
        MmioDriver driver = bus.Driver();
        const ulong ReadOnly = 1UL << 5;
        Assert.NotEqual(0UL, driver.OfferedFeatures & ReadOnly);
        var disk = new BlockDriver(driver.Start(taken ? driver.OfferedFeatures : driver.OfferedFeatures & ~ReadOnly));
        Assert.Equal(BlockResult.IoError, disk.Write(0, new byte[Sector]));
        Assert.Equal(before, _image);
        Assert.Equal(BlockResult.Ok, disk.Read(0, new byte[Sector]));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(12)]
    [InlineData(0x8000_0000)]
    [InlineData(uint.MaxValue)]
    [Requirement("BLK-D1")]
    public void An_unknown_request_type_is_unsupported(uint type)
    {
        using TestBus bus = Disk();
        var disk = new BlockDriver(bus.Driver().Start());
        Assert.Equal(BlockResult.Unsupported, disk.Request(type, 0, new byte[Sector], new byte[Sector]));
        Assert.Equal(BlockResult.Unsupported, disk.Request(type, ulong.MaxValue, [], []));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(18)]
    [InlineData(20)]
    [InlineData(22)]
    [InlineData(24)]
    [InlineData(26)]
    [Requirement("BLK-ZONE-1")]
    public void Requests_of_features_that_were_not_negotiated_are_unsupported(uint type)
    {
        byte[] before = [.. _image];
        using TestBus bus = Disk();
        Assert.Equal(BlockResult.Unsupported, new BlockDriver(bus.Driver().Start()).Request(type, 0, new byte[Sector], new byte[Sector]));
        Assert.Equal(before, _image);
    }

    [Theory]
    [InlineData(BlockKind.Sectors, 1)]
    [InlineData(BlockKind.Sectors - 1, 2)]
    [InlineData(BlockKind.Sectors + 1, 0)]
    [InlineData((1UL << 32) + 5, 1)]
    [InlineData(1UL << 55, 1)]
    [InlineData(1UL << 63, 1)]
    [InlineData(ulong.MaxValue - 1, 8)]
    [InlineData(ulong.MaxValue, 1)]
    [InlineData(ulong.MaxValue / 512, 1)]
    [Requirement("BLK-D2")]
    public void A_range_outside_the_disk_is_an_error_and_moves_nothing(ulong sector, int count)
    {
        byte[] before = [.. _image];
        using TestBus bus = Disk();
        var disk = new BlockDriver(bus.Driver().Start());
        Assert.Equal(BlockResult.IoError, disk.Write(sector, new byte[count * Sector]));
        byte[] room = new byte[count * Sector];
        Assert.Equal(BlockResult.IoError, disk.Read(sector, room));
        Assert.All(room, value => Assert.Equal(0, value));
        Assert.Equal(before, _image);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(513)]
    public void A_range_of_broken_sectors_is_an_error(int length)
    {
        byte[] before = [.. _image];
        using TestBus bus = Disk();
        var disk = new BlockDriver(bus.Driver().Start());
        Assert.Equal(BlockResult.IoError, disk.Write(0, new byte[length]));
        Assert.Equal(BlockResult.IoError, disk.Read(0, new byte[length]));
        Assert.Equal(before, _image);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(512)]
    [InlineData(int.MaxValue)]
    [Requirement("BLK-D3")]
    public void The_status_is_the_last_writable_byte_however_the_request_is_cut(int piece)
    {
        using var bus = new TestBus(new BlockDevice(new MemoryStorage(_image), new BlockDeviceOptions { QueueSize = 2048 }));
        MmioDriver driver = bus.Driver().Start();
        foreach (bool indirect in new[] { false, true })
        {
            (uint used, byte[] room) = BlockRequests.Send(driver, BlockRequests.Header(0, 3), Sector + 1, piece, indirect);
            Assert.Equal(Sector + 1u, used);
            Assert.Equal(_image[(3 * Sector)..(4 * Sector)], room[..Sector]);
            Assert.Equal(BlockResult.Ok, BlockRequests.Status(room));
            byte[] data = new byte[Sector];
            new Random(piece).NextBytes(data);
            (used, room) = BlockRequests.Send(driver, BlockRequests.Header(1, 4, data), 1, piece, indirect);
            Assert.Equal((1u, BlockResult.Ok), (used, BlockRequests.Status(room)));
            Assert.Equal(data, _image[(4 * Sector)..(5 * Sector)]);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [Requirement("BLK-D3")]
    public void A_request_without_a_whole_header_gets_a_status_too(int length)
    {
        using TestBus bus = Disk();
        (uint used, byte[] room) = BlockRequests.Send(bus.Driver().Start(), BlockKind.Header(0, 0)[..length], Sector + 1);
        Assert.Equal(BlockResult.IoError, BlockRequests.Status(room));
        Assert.Equal(0u, used);
        Assert.All(room[..Sector], value => Assert.Equal((byte)BlockResult.None, value));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(19)]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(4096)]
    [Requirement("BLK-D4")]
    public void GET_ID_returns_up_to_20_bytes_padded_with_zeros(int length)
    {
        using var bus = new TestBus(new BlockDevice(new MemoryStorage(_image), new BlockDeviceOptions { SerialNumber = "disk-1" }));
        (uint used, byte[] room) = BlockRequests.Send(bus.Driver().Start(), BlockRequests.Header(8, 0), length + 1);
        byte[] id = [.. "disk-1"u8, .. new byte[14]];
        int count = Math.Min(length, 20);
        Assert.Equal(id[..count], room[..count]);
        Assert.All(room[count..length], value => Assert.Equal((byte)BlockResult.None, value));
        Assert.Equal(BlockResult.Ok, BlockRequests.Status(room));
        Assert.Equal(length > 20 ? 20u : (uint)length + 1, used);
    }

    private TestBus Disk() => new(new BlockDevice(new MemoryStorage(_image)));
}
