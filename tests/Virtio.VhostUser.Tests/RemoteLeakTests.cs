using System.Diagnostics;
using System.Runtime.Versioning;

namespace Virtio.VhostUser.Tests;

[SupportedOSPlatform("linux")]
[Collection(typeof(Alone))]
public sealed class RemoteLeakTests
{
    private const int Rounds = 50;

    [Fact]
    public async Task Devices_that_come_reset_and_go_leave_no_descriptor_mapping_or_thread()
    {
        await RunAsync(rounds: 3);
        (int Descriptors, int Mappings, int Threads) before = Count();
        await RunAsync(Rounds);
        (int Descriptors, int Mappings, int Threads) after = Count();

        // One leak in each round would exceed the number that the runtime itself opens and closes.
        Assert.InRange(after.Descriptors, 0, before.Descriptors + (Rounds / 2));
        Assert.InRange(after.Mappings, 0, before.Mappings + (Rounds / 2));
        Assert.InRange(after.Threads, 0, before.Threads + (Rounds / 2));
    }

    private static async Task RunAsync(int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            await using var disk = new RemoteDisk(queues: 2, hasEventSignals: i % 2 == 0);
            disk.Bus.Driver().Start();
            disk.Bus.Driver().Start();
            if (i % 3 == 0)
                await disk.EndServerAsync();
        }
    }

    // Counts only mappings of guest memory, because the garbage collector maps memory at any time.
    private static (int Descriptors, int Mappings, int Threads) Count() => (
        Directory.GetFileSystemEntries("/proc/self/fd").Length,
        File.ReadLines("/proc/self/maps").Count(line => line.Contains("memfd:guest", StringComparison.Ordinal)),
        Process.GetCurrentProcess().Threads.Count);
}
