using System.Runtime.Versioning;
using System.Security.Cryptography;
using Virtio.Devices;
using Virtio.Devices.Console;
using Virtio.Testing;

namespace Virtio.VhostUser.Tests;

[SupportedOSPlatform("linux")]
public sealed class RemoteBlockTests
{
    private const ulong Packed = (ulong)VirtioFeatures.RingPacked;

    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public async Task What_the_driver_writes_is_on_the_back_ends_disk_and_reads_back(bool isPacked, bool hasEventSignals)
    {
        await using var disk = new RemoteDisk(isPacked: isPacked, hasEventSignals: hasEventSignals);
        MmioDriver driver = disk.Bus.Driver().Start();
        var block = new BlockDriver(driver);
        Assert.Equal((ulong)RemoteDisk.Sectors, block.SectorCount);
        Assert.Equal(isPacked, (driver.Features & Packed) != 0);
        for (ulong i = 0; i < 50; i++)
        {
            byte[] written = RandomNumberGenerator.GetBytes(4096);
            byte[] read = new byte[4096];
            Assert.Equal(BlockResult.Ok, block.Write(i * 8, written));
            Assert.Equal(BlockResult.Ok, block.Read(i * 8, read));
            Assert.Equal(written, read);
            Assert.Equal(written, disk.Image.AsSpan((int)i * 4096, 4096));
        }

        Assert.Equal(BlockResult.Ok, block.Flush());
    }

    [Fact]
    public async Task Each_of_several_queues_is_served()
    {
        await using var disk = new RemoteDisk(queues: 3);
        MmioDriver driver = disk.Bus.Driver().Start();
        Assert.Equal(3, driver.QueueCount);
        Assert.Equal(3, driver.ReadConfig<ushort>(34));
        disk.Image[512] = 0x42;
        for (int i = 0; i < 30; i++)
            Assert.Equal(0x42, ReadSector(driver, i % 3, 1)[0]);
    }

    [Fact]
    public async Task Fewer_queues_than_the_back_end_has_can_be_asked_for_but_not_more()
    {
        await using var disk = new RemoteDisk(queues: 3, options: new VhostUserDeviceOptions { Queues = 2, QueueSize = 64 });
        MmioDriver driver = disk.Bus.Driver().Start();
        Assert.Equal((2, 2, 64u), (driver.QueueCount, driver.ReadConfig<ushort>(34), driver.QueueSizeMaximum(1)));
        Assert.Equal(0, ReadSector(driver, 1, 0)[0]);
        IOException refusal = await EndThenRefuseAsync(disk, new VhostUserDeviceOptions { Queues = 4 });
        Assert.Contains("it has 3 queues, and not 4", refusal.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_driver_can_reset_and_start_the_device_as_often_as_it_likes(bool isPacked)
    {
        await using var disk = new RemoteDisk(queues: 2, isPacked: isPacked);
        disk.Image[0] = 7;
        for (int i = 0; i < 20; i++)
        {
            MmioDriver driver = disk.Bus.Driver();
            driver.Start(isPacked && i % 2 == 0 ? driver.OfferedFeatures : driver.OfferedFeatures & ~Packed);
            for (int j = 0; j <= i; j++)
                Assert.Equal(7, ReadSector(driver, j % 2, 0)[0]);
        }
    }

    [Fact]
    public async Task A_back_end_that_dies_and_is_not_waited_for_costs_a_reset_and_serves_again_when_it_is_back()
    {
        await using var disk = new RemoteDisk(options: new VhostUserDeviceOptions { ReconnectTime = TimeSpan.Zero });
        disk.Image[0] = 9;
        MmioDriver driver = disk.Bus.Driver().Start();
        Assert.Equal(9, ReadSector(driver, 0, 0)[0]);
        await disk.EndServerAsync();
        AwaitNeedsReset(driver);

        // The device does not start before the back-end is back.
        driver.Reset();
        Assert.Throws<DeviceFailureException>(() => driver.Start());
        disk.StartServer();
        Assert.Equal(9, ReadSector(driver.Start(), 0, 0)[0]);
    }

    [Fact]
    public async Task Memory_that_is_not_shared_fails_the_device_and_nothing_else()
    {
        await using var disk = new ServedAlone();
        await using VhostUserDevice device = VhostUserDevice.Connect(DeviceId.Block, disk.Path);
        await using var bus = new TestBus(device);
        Assert.Throws<DeviceFailureException>(() => bus.Driver().Start());
        Assert.True(bus.Driver().Status.HasFlag(DeviceStatusBits.NeedsReset));
        bus.Driver().Reset();
    }

    [Fact]
    public async Task A_change_of_the_back_ends_configuration_reaches_the_driver()
    {
        await using var served = new ServedAlone(new ConsoleDevice());
        await using VhostUserDevice device = VhostUserDevice.Connect(DeviceId.Console, served.Path);
        await using TestBus bus = RemoteDisk.BusFor(device, hasEventSignals: true);
        MmioDriver driver = bus.Driver().Start();
        ((ConsoleDevice)served.Device).Resize(132, 43);
        Assert.Equal(InterruptBits.ConfigChange, driver.WaitForInterrupt(TimeSpan.FromSeconds(30)));
        Assert.Equal((132, 43), (driver.ReadConfig<ushort>(0), driver.ReadConfig<ushort>(2)));
    }

    [Fact]
    public async Task What_a_driver_writes_to_configuration_reaches_no_back_end_where_nothing_is_writable()
    {
        await using var disk = new RemoteDisk();
        MmioDriver driver = disk.Bus.Driver().Start();
        for (int offset = 0; offset < 256; offset++)
            driver.WriteConfig(offset, ulong.MaxValue);
        Assert.Equal((ulong)RemoteDisk.Sectors, driver.ReadConfig<ulong>(0));
        Assert.Equal(0, ReadSector(driver, 0, 0)[0]);
    }

    private static byte[] ReadSector(MmioDriver driver, int queue, ulong sector)
    {
        byte[] header = new byte[16];
        BitConverter.TryWriteBytes(header.AsSpan(8), sector);
        byte[] answer = driver.Queue(queue).Exchange(header, 513);
        Assert.Equal((byte)BlockResult.Ok, answer[512]);
        return answer;
    }

    private static void AwaitNeedsReset(MmioDriver driver) =>
        Assert.True(
            SpinWait.SpinUntil(() => driver.Status.HasFlag(DeviceStatusBits.NeedsReset), TimeSpan.FromSeconds(30)),
            $"the status is {driver.Status}");

    /// <summary>A server has one front-end at a time.</summary>
    private static async Task<IOException> EndThenRefuseAsync(RemoteDisk disk, VhostUserDeviceOptions options)
    {
        await disk.Bus.DisposeAsync();
        return Assert.Throws<IOException>(() => VhostUserDevice.Connect(DeviceId.Block, disk.SocketPath, options));
    }
}
