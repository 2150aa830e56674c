using System.Runtime.Versioning;
using System.Security.Cryptography;
using Virtio.Devices;
using Virtio.Devices.Console;
using Virtio.Storage;
using Virtio.Testing;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>
/// A back-end dies or ends its connection. If it is back in time, the driver loses no request; otherwise the device needs a reset.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class ReconnectionTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // With this limit the driver learns soon that the back-end stays away.
    private static readonly VhostUserDeviceOptions Short = new()
    {
        ReconnectTime = TimeSpan.FromMilliseconds(300),
        Timeout = TimeSpan.FromSeconds(5),
    };
    private static readonly VhostUserDeviceOptions Long = new()
    {
        ReconnectTime = TimeSpan.FromMinutes(5),
        Timeout = TimeSpan.FromSeconds(5),
    };

    public static TheoryData<bool, bool, bool> Kinds
    {
        get
        {
            var kinds = new TheoryData<bool, bool, bool>();
            foreach (bool isPacked in (bool[])[false, true])
            {
                foreach (bool keepsRecord in (bool[])[false, true])
                {
                    foreach (bool hasEventSignals in (bool[])[false, true])
                        kinds.Add(isPacked, keepsRecord, hasEventSignals);
                }
            }

            return kinds;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_back_end_that_ends_over_and_over_costs_no_request_and_no_byte(bool isPacked, bool keepsRecord, bool hasEventSignals)
    {
        await using var disk = new RemoteDisk(
            isPacked: isPacked, keepsRecord: keepsRecord, hasEventSignals: hasEventSignals, options: Long);
        MmioDriver driver = disk.Bus.Driver().Start();
        var block = new BlockDriver(driver);
        int done = 0;
        bool isOver = false;
        Task requests = Task.Run(() =>
        {
            for (ulong i = 0; !Volatile.Read(ref isOver); i = (i + 1) % 200)
            {
                byte[] written = RandomNumberGenerator.GetBytes(4096);
                byte[] read = new byte[4096];
                Assert.Equal(BlockResult.Ok, block.Write(i * 8, written));
                Assert.Equal(BlockResult.Ok, block.Read(i * 8, read));
                Assert.Equal(written, read);
                Interlocked.Increment(ref done);
            }
        });
        for (int i = 0; i < 10; i++)
        {
            int before = Volatile.Read(ref done);
            await AwaitAsync(() => Volatile.Read(ref done) > before + 3 || requests.IsCompleted);
            await disk.EndServerAsync();
            disk.StartServer();
        }

        Volatile.Write(ref isOver, true);
        await requests.WaitAsync(Limit);
        Assert.False(driver.Status.HasFlag(DeviceStatusBits.NeedsReset));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_request_that_was_in_flight_is_done_by_the_next_back_end(bool isPacked, bool keepsRecord, bool hasEventSignals)
    {
        var stalling = new StallingStorage { Stall = Stall.UntilCancelled };
        await using var disk = new RemoteDisk(
            isPacked: isPacked, keepsRecord: keepsRecord, hasEventSignals: hasEventSignals, options: Long);
        MmioDriver driver = disk.Bus.Driver().Start();
        await disk.EndServerAsync();
        disk.Storage = stalling;
        disk.StartServer();
        Task<byte[]> first = Task.Run(() => ReadSector(driver, 0));
        await AwaitAsync(() => stalling.Pending == 1);
        await disk.EndServerAsync();
        disk.Storage = null;
        disk.Image[0] = 5;
        disk.StartServer();
        Assert.Equal(5, (await first.WaitAsync(Limit))[0]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_device_other_than_a_disk_whose_back_end_stays_away_needs_a_reset(bool keepsRecord)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var options = new VhostUserServerOptions { Withheld = keepsRecord ? 0 : ProtocolFeatures.InflightInSharedMemory };
        VhostUserServer server = VhostUserServer.Listen(new ConsoleDevice(), path, options);
        await using TestBus bus = RemoteDisk.BusFor(VhostUserDevice.Connect(DeviceId.Console, path, Short), hasEventSignals: true);
        MmioDriver driver = bus.Driver().Start();
        await server.DisposeAsync();
        AwaitNeedsReset(driver);
        await using VhostUserServer next = VhostUserServer.Listen(new ConsoleDevice(), path, options);
        driver.Start();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_requests_of_a_disk_whose_back_end_stays_away_fail_until_it_is_back(
        bool isPacked, bool keepsRecord, bool hasEventSignals)
    {
        var stalling = new StallingStorage { Stall = Stall.UntilCancelled };
        await using var disk = new RemoteDisk(
            isPacked: isPacked, keepsRecord: keepsRecord, hasEventSignals: hasEventSignals, options: Short);
        MmioDriver driver = disk.Bus.Driver().Start();
        await disk.EndServerAsync();
        disk.Storage = stalling;
        disk.StartServer();
        Task<byte> inFlight = Task.Run(() => StatusOf(driver));
        await AwaitAsync(() => stalling.Pending == 1 || inFlight.IsCompleted);
        await disk.EndServerAsync();

        // The request in flight fails, those that come later fail too, and after the return none fails any more.
        Assert.Equal((byte)BlockResult.IoError, await inFlight.WaitAsync(Limit));
        for (int i = 0; i < 300; i++)
            Assert.Equal((byte)BlockResult.IoError, StatusOf(driver));
        disk.Storage = null;
        disk.Image[0] = 6;
        disk.StartServer();
        await AwaitAsync(() => StatusOf(driver) == (byte)BlockResult.Ok);
        for (int i = 0; i < 300; i++)
            Assert.Equal(6, ReadSector(driver, 0)[0]);
        await disk.EndServerAsync();
        await AwaitAsync(() => StatusOf(driver) == (byte)BlockResult.IoError);
        driver.Reset();
        disk.StartServer();
        Assert.Equal(6, ReadSector(driver.Start(), 0)[0]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_driver_can_reset_and_start_while_the_back_end_is_away_and_is_served_when_it_is_back(bool keepsRecord)
    {
        await using var disk = new RemoteDisk(keepsRecord: keepsRecord, options: Long);
        MmioDriver driver = disk.Bus.Driver().Start();
        await disk.EndServerAsync();
        for (int i = 0; i < 5; i++)
            driver.Start();
        disk.Image[0] = 4;
        Task<byte[]> sector = Task.Run(() => ReadSector(driver, 0));
        disk.StartServer();
        Assert.Equal(4, (await sector.WaitAsync(Limit))[0]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_ring_that_was_reset_alone_goes_on_from_its_new_beginning_with_the_next_back_end(
        bool isPacked, bool keepsRecord, bool hasEventSignals)
    {
        var options = Long with { RingFeatures = VirtioFeatures.RingDefault | VirtioFeatures.RingReset };
        await using var disk = new RemoteDisk(
            queues: 2, isPacked: isPacked, keepsRecord: keepsRecord, hasEventSignals: hasEventSignals, options: options);
        MmioDriver driver = disk.Bus.Driver().Start();
        for (int round = 0; round < 3; round++)
        {
            disk.Image[0] = (byte)(round + 1);
            for (int i = 0; i < 5; i++)
                Assert.Equal(round + 1, ReadSector(driver, 0)[0]);
            driver.ResetQueue(0);
            driver.SetUpQueue(0);
            if (round != 1)
                Assert.Equal(round + 1, ReadSector(driver, 0)[0]);
            await disk.EndServerAsync();
            disk.StartServer();
            Assert.Equal(round + 1, ReadSector(driver, 0)[0]);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_device_is_disposed_at_once_while_its_back_end_is_away(bool keepsRecord)
    {
        var disk = new RemoteDisk(keepsRecord: keepsRecord, options: Long);
        MmioDriver driver = disk.Bus.Driver().Start();
        await disk.EndServerAsync();
        Assert.False(driver.Status.HasFlag(DeviceStatusBits.NeedsReset));
        await disk.DisposeAsync().AsTask().WaitAsync(Limit);
    }

    [Fact]
    public async Task A_disk_that_has_another_size_when_its_back_end_is_back_tells_the_driver()
    {
        await using var disk = new RemoteDisk(options: Long);
        MmioDriver driver = disk.Bus.Driver().Start();
        await disk.EndServerAsync();
        disk.Storage = new MemoryStorage(new byte[(RemoteDisk.Sectors + 8) * 512]);
        disk.StartServer();
        await AwaitAsync(() => driver.ReadConfig<ulong>(0) == RemoteDisk.Sectors + 8);
        await AwaitAsync(() => (driver.WaitForInterrupt(Limit) & InterruptBits.ConfigChange) != 0);
        Assert.Equal(0, ReadSector(driver, RemoteDisk.Sectors + 7)[0]);
    }

    [Fact]
    public async Task A_back_end_that_offers_less_when_it_is_back_is_not_taken_until_one_offers_as_much()
    {
        await using var disk = new RemoteDisk(options: Long);
        MmioDriver driver = disk.Bus.Driver().Start();
        await disk.EndServerAsync();
        disk.Withheld = VirtioFeatures.EventIndex;
        disk.StartServer();
        disk.Image[0] = 3;
        Task<byte[]> sector = Task.Run(() => ReadSector(driver, 0));
        await AwaitAsync(() => disk.Server.ReadStatistics().Connections >= 2);
        Assert.False(sector.IsCompleted);
        await disk.EndServerAsync();
        disk.Withheld = 0;
        disk.StartServer();
        Assert.Equal(3, (await sector.WaitAsync(Limit))[0]);
    }

    private static byte StatusOf(MmioDriver driver) => (byte)new BlockDriver(driver).Read(0, new byte[512]);

    private static byte[] ReadSector(MmioDriver driver, ulong sector)
    {
        byte[] header = new byte[16];
        BitConverter.TryWriteBytes(header.AsSpan(8), sector);
        byte[] answer = driver.Queue(0).Exchange(header, 513);
        Assert.Equal((byte)BlockResult.Ok, answer[512]);
        return answer;
    }

    private static Task AwaitAsync(Func<bool> isTrue) => Task.Run(() => SpinWait.SpinUntil(isTrue)).WaitAsync(Limit);

    private static void AwaitNeedsReset(MmioDriver driver) =>
        Assert.True(SpinWait.SpinUntil(() => driver.Status.HasFlag(DeviceStatusBits.NeedsReset), Limit), $"the status is {driver.Status}");
}
