using System.Runtime.Versioning;
using Virtio.Testing.Guest;

namespace Virtio.Guest.Tests.Qemu;

/// <summary>Either side is killed at a random moment, and another process takes its place.</summary>
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
                "-chardev", $"socket,id=disk,path={socket},reconnect=1",
                "-device", $"vhost-user-blk-pci,chardev=disk,num-queues=2{(packed ? ",packed=on" : "")}");

            // fio checks each block by its checksum after a few more writes, and all of them at the end.
            Task<string> jobs = guest.RunAsync(
                "fio --name=verify --filename=/dev/vda --rw=randwrite --bs=4k --size=16m --offset_increment=16m --numjobs=4 " +
                "--ioengine=libaio --iodepth=16 --direct=1 " +
                "--verify=crc32c --verify_backlog=64 --verify_fatal=1 --randrepeat=1 --thread --loops=1000 --runtime=45 " +
                "--time_based >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }; touch /tmp/done",
                TimeSpan.FromMinutes(4));
            var random = new Random(5);
            for (int i = 0; i < Kills && !jobs.IsCompleted; i++)
            {
                // QEMU does not always survive the end of the back-end while it sets up the rings.
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

    [Fact]
    public async Task A_front_end_that_is_killed_over_and_over_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        string disk = folder.Sparse("disk.img", 64 << 20);
        string socket = Path.Combine(folder.Root, "socket");
        using BackEnd server = await BackEnd.StartAsync(disk, socket, packed: true);
        int sockets = server.Holdings.Sockets;
        var random = new Random(5);

        // Descriptors that the runtime opens when it first needs them stay open, so the first round gives the reference.
        await EndUnderLoadAsync(socket, packed: false, random);
        BackEndHoldings first = await server.AwaitHoldingsAsync(held => held.Sockets == sockets);
        Assert.Equal((sockets, 0, 0), (first.Sockets, first.Mappings, first.Workers));
        for (int i = 1; i < Kills; i++)
        {
            bool packed = i % 2 == 0;
            if (i % 7 == 0)
                await EndUnderLoadAsync(socket, packed, random);
            else
                await EndWhileBootingAsync(server, socket, packed, random);
            Assert.Equal(first, await server.AwaitHoldingsAsync(held => held == first));
        }
    }

    // The end falls between the first message and the middle of the kernel's boot. Before the kernel, the firmware drives the rings to look
    // for a boot disk.
    private static async Task EndWhileBootingAsync(BackEnd server, string socket, bool packed, Random random)
    {
        await using QemuGuest guest = QemuGuest.Launch(FrontEnd(socket, packed));
        await server.WaitForAsync("SetFeatures");
        await Task.Delay(random.Next(2000));
    }

    private static async Task EndUnderLoadAsync(string socket, bool packed, Random random)
    {
        await using QemuGuest guest = await QemuGuest.StartAsync(FrontEnd(socket, packed));
        await guest.RunAsync(
            "fio --name=load --filename=/dev/vda --rw=randrw --bs=4k --numjobs=2 --ioengine=libaio --iodepth=16 --direct=1 --thread " +
            "--runtime=60 --time_based >/dev/null 2>&1 &");
        await Task.Delay(1000 + random.Next(1000));
    }

    private static string[] FrontEnd(string socket, bool packed) =>
        [
            "-chardev", $"socket,id=disk,path={socket}",
            "-device", $"vhost-user-blk-pci,chardev=disk,num-queues=2{(packed ? ",packed=on" : "")}",
        ];
}
