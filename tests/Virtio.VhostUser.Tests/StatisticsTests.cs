using System.Runtime.Versioning;
using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.VhostUser.Tests;

[SupportedOSPlatform("linux")]
public sealed class StatisticsTests
{
    private const int Sector = 512;

    // Each request has a header of 16 bytes and a status of one byte.
    private const int Overhead = 17;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_counts_requests_errors_and_malformed_chains_for_each_queue_as_its_instruments_do(bool isPacked)
    {
        await using var disk = new RemoteDisk(queues: 2, isPacked: isPacked);
        using var probe = new MetricsProbe(disk.Server, instrument => instrument.IsObservable);
        MmioDriver driver = disk.Bus.Driver().Start();
        var block = new BlockDriver(driver);
        Assert.Equal(BlockResult.Ok, block.Write(0, new byte[Sector]));
        Assert.Equal(BlockResult.Ok, block.Read(0, new byte[2 * Sector]));
        Assert.Equal(BlockResult.IoError, block.Write(RemoteDisk.Sectors, new byte[Sector]));
        driver.Queue().Offer(DriverBuffer.Readable(ulong.MaxValue - 5, 4));
        driver.Queue().Kick();
        driver.Queue().Collect();

        // The device counts an interrupt only after it has sent it.
        Assert.True(SpinWait.SpinUntil(() => Queue(0).Interrupts >= 1, TimeSpan.FromSeconds(30)));
        Assert.Equal((3, (4 * Sector) + (3 * Overhead), 1, 1), (Queue(0).Requests, Queue(0).Bytes, Queue(0).Errors, Queue(0).Malformed));
        Assert.InRange(Queue(0).Kicks, 1, 100);
        Assert.Equal((0, 0, 0), (Queue(1).Requests, Queue(1).Bytes, Queue(1).Errors));
        const string Tags = " device=0 type=Block queue=";
        IReadOnlyDictionary<string, long> instruments = probe.Read();
        Assert.Equal((3, 1), (instruments[$"virtio.queue.chains{Tags}0"], instruments[$"virtio.queue.errors{Tags}0"]));
        Assert.Equal(0, instruments[$"virtio.queue.chains{Tags}1"]);

        VhostUserQueueStatistics Queue(int index) => disk.Server.ReadStatistics().Queues[index];
    }

    [Fact]
    public async Task Connections_and_resets_are_counted_and_nothing_counted_is_lost_by_them()
    {
        await using var disk = new RemoteDisk();
        for (int i = 0; i < 3; i++)
            Assert.Equal(BlockResult.Ok, new BlockDriver(disk.Bus.Driver().Start()).Read(0, new byte[Sector]));
        disk.Bus.Driver().Reset();

        VhostUserStatistics counted = disk.Server.ReadStatistics();
        Assert.Equal((1, 3, 3), (counted.Connections, counted.Resets, counted.Queues[0].Requests));
        await disk.EndServerAsync();
        Assert.Equal(3, disk.Server.ReadStatistics().Queues[0].Requests);
    }

    [Fact]
    public async Task Durations_of_requests_are_measured_while_somebody_listens()
    {
        await using var disk = new RemoteDisk();
        using var probe = new MetricsProbe(disk.Server);
        var block = new BlockDriver(disk.Bus.Driver().Start());
        for (int i = 0; i < 3; i++)
            Assert.Equal(BlockResult.Ok, block.Read(0, new byte[Sector]));

        // The queue looks for a listener at the end of a batch, so the first request is not measured.
        Assert.True(SpinWait.SpinUntil(() => probe.Durations.Count == 2, TimeSpan.FromSeconds(30)));
        Assert.Equal("device=0 type=Block", probe.Tags);
    }
}
