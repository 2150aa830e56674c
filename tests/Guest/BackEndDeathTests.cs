using System.Diagnostics;
using System.Runtime.Versioning;
using Virtio.Devices;
using Virtio.Guest.Tests.Qemu;
using Virtio.Testing.Guest;
using Virtio.VhostUser;
using Virtio.Vmm;

namespace Virtio.Guest.Tests;

/// <summary>The back-end of a disk of one of our machines is killed, and another back-end takes its place or none does.</summary>
[SupportedOSPlatform("linux")]
public sealed class BackEndDeathTests
{
    private const int Kills = 20;
    private const int DiskLength = 16 << 20;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    // fio checks each block by its checksum after a few more writes, and all blocks at the end of each pass. It repeats passes until the
    // test stops it.
    private const string Load =
        "(while [ ! -e /tmp/stop ]; do fio --name=verify --filename=/dev/vda --rw=randwrite --bs=4k --size=1m --offset_increment=1m " +
        "--numjobs=2 --ioengine=libaio --iodepth=16 " +
        "--direct=1 --verify=crc32c --verify_backlog=64 --verify_fatal=1 --thread >/tmp/log 2>&1 || touch /tmp/failed /tmp/stop; " +
        "echo >>/tmp/passes; done; touch /tmp/done) >/dev/null 2>&1 &";

    private const string End =
        "touch /tmp/stop; while [ ! -e /tmp/done ]; do sleep 0.1; done; [ ! -e /tmp/failed ] || { cat /tmp/log; exit 1; }; " +
        "wc -l </tmp/passes; dmesg | grep -i 'error' || true";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_server_that_is_killed_over_and_over_costs_the_guest_no_request(bool packed) =>
        KillAsync((disk, socket) => BackEnd.StartAsync(disk, socket, packed), server => server.Dispose());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_storage_daemon_that_is_killed_over_and_over_costs_the_guest_no_request(bool packed) =>
        KillAsync(StartDaemonAsync, Kill, packed ? VirtioFeatures.RingDefault : VirtioFeatures.RingDefault & ~VirtioFeatures.RingPacked);

    [Fact]
    public async Task A_guest_whose_back_end_stays_away_gets_errors_and_goes_on_when_it_is_back()
    {
        Guests.RequireImage(MicroVmMachine.Software);
        using var folder = new TemporaryFolder();
        string disk = folder.Sparse("disk.img", DiskLength);
        string socket = Path.Combine(folder.Root, "socket");
        BackEnd server = await BackEnd.StartAsync(disk, socket, packed: false);
        try
        {
            var options = new VhostUserDeviceOptions { ReconnectTime = TimeSpan.FromSeconds(2) };
            await using LinuxGuest guest = await Guests.StartAsync(
                MicroVmMachine.Software, VhostUserDevice.Connect(DeviceId.Block, socket, options));
            const string Read = "dd if=/dev/vda of=/dev/null bs=4k count=1 iflag=direct";
            await guest.RunAsync(Read);
            server.Dispose();
            GuestResult failed = await guest.TryRunAsync(Read);
            Assert.NotEqual(0, failed.ExitStatus);
            Assert.Contains("Input/output error", failed.Output);
            server = await BackEnd.StartAsync(disk, socket, packed: false);
            await guest.RunAsync($"until {Read}; do sleep 0.2; done", TimeSpan.FromMinutes(2));
        }
        finally
        {
            server.Dispose();
        }
    }

    private static async Task KillAsync<T>(
        Func<string, string, Task<T>> start,
        Action<T> kill,
        VirtioFeatures ringFeatures = VirtioFeatures.RingDefault | VirtioFeatures.InOrder)
    {
        Guests.RequireImage(MicroVmMachine.Software);
        using var folder = new TemporaryFolder();
        string disk = folder.Sparse("disk.img", DiskLength);
        string socket = Path.Combine(folder.Root, "socket");
        T server = await start(disk, socket);
        try
        {
            // Longer than any pause of a busy host.
            var options = new VhostUserDeviceOptions { ReconnectTime = TimeSpan.FromMinutes(5), RingFeatures = ringFeatures };
            await using LinuxGuest guest = await Guests.StartAsync(
                new LinuxGuestOptions
                {
                    Machine = MicroVmMachine.Software,
                    WithTools = true,
                    Devices = [VhostUserDevice.Connect(DeviceId.Block, socket, options)],
                });
            await guest.RunAsync(Load);
            var random = new Random(7);
            for (int i = 0; i < Kills; i++)
            {
                // At a random moment, also while the front-end sets up the rings.
                await Task.Delay(random.Next(1500));
                kill(server);
                server = await start(disk, socket);
            }

            GuestResult result = await guest.RunAsync(End, TimeSpan.FromMinutes(5));
            TestContext.Current.TestOutputHelper?.WriteLine(result.Text);
            Assert.DoesNotContain("error", result.Text, StringComparison.OrdinalIgnoreCase);
        }
        finally
        {
            kill(server);
        }
    }

    private static async Task<Process> StartDaemonAsync(string disk, string socket)
    {
        string pid = $"{socket}.pid";
        File.Delete(pid);
        Process daemon = Process.Start(Programs.Find("qemu-storage-daemon"),
        [
            "--blockdev", $"driver=file,node-name=disk,filename={disk}",
            "--export", $"type=vhost-user-blk,id=export,node-name=disk,writable=on,num-queues=2,addr.type=unix,addr.path={socket}",
            "--pidfile", pid,
        ]);

        // The socket's file exists before the daemon listens; the process id's file is written after that.
        await Task.Run(() => SpinWait.SpinUntil(() => File.Exists(pid))).WaitAsync(StartLimit);
        return daemon;
    }

    private static void Kill(Process daemon)
    {
        daemon.Kill();
        daemon.WaitForExit();
        daemon.Dispose();
    }
}
