using System.Runtime.Versioning;
using Virtio.Cli.Serving;
using Virtio.Cli.Tests.Processes;
using Virtio.Devices;
using Virtio.Testing;
using Virtio.VhostUser;

namespace Virtio.Cli.Tests.Serving;

[SupportedOSPlatform("linux")]
public sealed class CounterReportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("virtio-serve-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Each_queue_has_a_line_whose_columns_stand_below_each_other()
    {
        var counted = new VhostUserStatistics { Device = DeviceId.Block, Connections = 1, Resets = 2, Queues = [Queue(1234567), Queue(8)] };

        string report = CounterReport.Format(
            [("/run/a", counted), ("fd 5", counted with { Device = DeviceId.Console, Queues = [Queue(0)] })]);

        Assert.Equal(
            """
            virtio: device   queue  requests    bytes  errors  malformed  kicks  interrupts  resets  front-ends  at
            virtio: Block        0   1234567  1234568       3          4      5           6       2           1  /run/a
            virtio: Block        1         8        9       3          4      5           6       2           1  /run/a
            virtio: Console      0         0        1       3          4      5           6       2           1  fd 5

            """,
            report);

        static VhostUserQueueStatistics Queue(long requests) =>
            new()
            {
                Requests = requests,
                Bytes = requests + 1,
                Errors = 3,
                Malformed = 4,
                Kicks = 5,
                Interrupts = 6,
                InterruptsSuppressed = 7,
            };
    }

    [Fact]
    public async Task A_signal_has_the_counters_told_and_ends_nothing()
    {
        string socket = Path.Combine(_folder, "socket");
        using CommandProcess process = CommandProcess.Start("serve", "block", "--socket", socket, "--queues", "2", "mem:1M");
        await process.WaitForErrorAsync("waiting for a front-end");
        await using var frontend = new Frontend(DeviceId.Block, socket);
        var block = new BlockDriver(frontend.Driver);
        Assert.Equal(BlockResult.Ok, block.Write(0, new byte[4096]));
        Assert.Equal(BlockResult.IoError, block.Write(5000, new byte[512]));

        process.Signal(CommandProcess.User1);
        await process.WaitForErrorAsync($"  1  {socket}\nvirtio: Block       1  ");
        Assert.Matches($"\nvirtio: Block       0 +2 +4642 +1 +0 .* 1  {socket}\n", process.Error);

        Assert.Equal(BlockResult.Ok, block.Flush());
        process.Signal(CommandProcess.Terminate);
        Assert.Equal(ExitStatus.Success, (await process.EndAsync()).Status);
    }
}
