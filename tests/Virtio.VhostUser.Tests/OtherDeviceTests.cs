using System.Runtime.Versioning;
using Virtio.Testing;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>Devices of types that this library does not know, with their configuration space and their queues.</summary>
[SupportedOSPlatform("linux")]
public sealed class OtherDeviceTests
{
    private static readonly VhostUserDeviceOptions Impatient = new()
    {
        Timeout = TimeSpan.FromMilliseconds(300),
        ReconnectTime = TimeSpan.Zero,
    };

    [Theory]
    [InlineData(null)]
    [InlineData(OtherDevice.ConfigLength)]
    [InlineData(4)]
    [InlineData(0)]
    public async Task A_device_of_an_unknown_type_has_its_queues_and_its_configuration_which_a_driver_can_write(int? length)
    {
        await using var served = new ServedAlone(new OtherDevice());
        var options = new VhostUserDeviceOptions { ConfigLength = length, QueueSize = 16 };
        await using TestBus bus = RemoteDisk.BusFor(VhostUserDevice.Connect(OtherDevice.Type, served.Path, options), hasEventSignals: true);
        MmioDriver driver = bus.Driver().Start();
        Assert.Equal((3, 16u), (driver.QueueCount, driver.QueueSizeMaximum(2)));
        for (int queue = 0; queue < 3; queue++)
            Assert.Equal([1, 2, (byte)queue], driver.Queue(queue).Exchange([1, 2, (byte)queue], 3));
        int seen = length ?? OtherDevice.ConfigLength;
        for (int i = 0; i < 32; i++)
            Assert.Equal(i < seen ? i + 1 : 0, driver.ReadConfig<byte>(i));
        driver.WriteConfig(3, (byte)77);
        Assert.Equal(seen > 3 ? 77 : 0, driver.ReadConfig<byte>(3));
        byte[] config = new byte[4];
        served.Device.ReadConfig(0, config);
        Assert.Equal(seen > 3 ? 77 : 4, config[3]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(255)]
    [InlineData(256)]
    public async Task Of_a_back_end_that_refuses_to_be_asked_for_more_than_it_has_all_that_it_has_is_read(int length)
    {
        using var backend = new LyingBackend { ConfigLimit = length };
        await using VhostUserDevice device = VhostUserDevice.Connect(OtherDevice.Type, backend.Path, Impatient);
        Assert.Equal(length, backend.ConfigTold);
    }

    [Fact]
    public void A_disk_whose_back_end_has_less_configuration_than_was_asked_for_is_refused()
    {
        using var backend = new LyingBackend { ConfigLimit = 8 };
        Assert.Contains(
            "60 bytes",
            Assert.Throws<IOException>(() => VhostUserDevice.Connect(Devices.DeviceId.Block, backend.Path, Impatient)).Message);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(257)]
    public void A_length_that_the_protocol_has_no_room_for_is_refused(int length)
    {
        using var backend = new LyingBackend();
        Assert.Throws<ArgumentOutOfRangeException>(
            () => VhostUserDevice.Connect(OtherDevice.Type, backend.Path, Impatient with { ConfigLength = length }));
    }

    [Fact]
    public async Task A_front_end_that_counts_configuration_from_0x100_writes_where_it_reads()
    {
        await using var served = new ServedAlone(new OtherDevice());
        using var peer = new RawFrontend(served.Path);
        peer.Send(FrontendRequest.SetProtocolFeatures, peer.AskNumber(FrontendRequest.GetProtocolFeatures));
        Assert.True(peer.Try(FrontendRequest.SetConfig, Write(0x104, 55)));
        Assert.True(peer.Try(FrontendRequest.SetConfig, Write(5, 66)));
        foreach (uint wrong in (uint[])[0x200, 0x1000, uint.MaxValue])
            Assert.False(peer.Try(FrontendRequest.SetConfig, Write(wrong, 1)));
        byte[] config = new byte[8];
        served.Device.ReadConfig(0, config);
        Assert.Equal([1, 2, 3, 4, 55, 66, 7, 8], config);
    }

    private static byte[] Write(uint offset, byte value) => [.. RawFrontend.Numbers(offset | (1UL << 32)), 0, 0, 0, 0, value];
}
