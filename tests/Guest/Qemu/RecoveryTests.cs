using System.Runtime.Versioning;
using Virtio.Testing.Guest;

namespace Virtio.Guest.Tests.Qemu;

/// <summary>A back-end that dies at any moment, and one that takes its place.</summary>
[SupportedOSPlatform("linux")]
public sealed class RecoveryTests
{
    private const int Kills = 20;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_back_end_that_is_killed_over_and_over_costs_the_guest_no_request(bool packed)
    {
        using var folder = new TemporaryFolder();
        string disk = folder.Sparse("disk.img", 64 << 20);
        string socket = Path.Combine(folder.Root, "socket");
        BackEnd server = await BackEnd.StartAsync(disk, socket, packed);
        try
        {
            await using QemuGuest guest = await QemuGuest.StartAsync(
                "-chardev", $"socket,id=disk,path={socket},reconnect=1", "-device", $"vhost-user-blk-pci,chardev=disk,num-queues=2{(packed ? ",packed=on" : "")}");

            // Each block is checked by its own checksum as soon as a few more are written, and all of them at the end.
            Task<string> jobs = guest.RunAsync(
                "fio --name=verify --filename=/dev/vda --rw=randwrite --bs=4k --size=16m --offset_increment=16m --numjobs=4 --ioengine=libaio --iodepth=16 --direct=1 " +
                "--verify=crc32c --verify_backlog=64 --verify_fatal=1 --randrepeat=1 --thread --loops=1000 --runtime=45 --time_based >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }; touch /tmp/done",
                TimeSpan.FromMinutes(4));
            var random = new Random(5);
            for (int i = 0; i < Kills && !jobs.IsCompleted; i++)
            {
                // While it is being set up, the front-end itself does not always survive its end.
                await server.WaitUntilServingAsync();
                await Task.Delay(random.Next(1000));
                server.Dispose();
                server = await BackEnd.StartAsync(disk, socket, packed);
            }

            await jobs;
        }
        catch (GuestScriptException e)
        {
            throw new GuestScriptException($"{e.Message}\nwhat the last back-end said:\n{server.Said}", e);
        }
        finally
        {
            server.Dispose();
        }
    }
}
