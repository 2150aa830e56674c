using Virtio.Devices.Entropy;
using Virtio.Guest.Tests.Machines;
using Virtio.Testing.Guest;
using Virtio.Vmm;

namespace Virtio.Guest.Tests;

public sealed class MachineTests
{
    [Theory]
    [OnEachMachine("poweroff -f", MicroVmExitReason.PowerOff)]
    [OnEachMachine("reboot -f", MicroVmExitReason.Reboot)]
    [OnEachMachine("echo c >/proc/sysrq-trigger", MicroVmExitReason.Panic)]
    public async Task The_guest_ends_its_machine(MicroVmMachine machine, string command, MicroVmExitReason expected)
    {
        await using LinuxGuest guest = await Guests.StartAsync(machine);

        guest.Post(command);

        Assert.Equal(expected, (await guest.Exit.WaitAsync(TimeSpan.FromMinutes(1))).Reason);
    }

    [Theory]
    [OnEachMachine(InEveryRun = true)]
    public async Task Four_processors_are_online_and_right_together(MicroVmMachine machine)
    {
        await using LinuxGuest guest = await Guests.StartAsync(new LinuxGuestOptions { Machine = machine, ProcessorCount = 4 });

        GuestResult result = await guest.RunAsync(
            "grep -c ^processor /proc/cpuinfo; for i in 1 2 3 4; " +
            "do (head -c 4194304 /dev/zero | sha256sum | cut -c 1-16 >/tmp/$i) & done; wait; cat /tmp/1 /tmp/2 /tmp/3 /tmp/4 | sort -u");

        // SHA-256 of 4 MiB of zeros.
        Assert.Equal(["4", "bb9f8df61474d25e"], result.Text.Split('\n'));
    }

    [Theory]
    [OnEachMachine]
    public async Task The_guest_uses_6_GiB_of_memory(MicroVmMachine machine)
    {
        const long Needed = 6L << 30;
        Assert.SkipWhen(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes < 2 * Needed, "the host has less than 12 GiB of memory");
        await using LinuxGuest guest = await Guests.StartAsync(new LinuxGuestOptions { Machine = machine, MemorySize = 7L << 30 });

        // A file of 6 GiB in the guest's memory with a mark in each 256 MiB: pages far apart must keep their contents.
        GuestResult result = await guest.RunAsync(
            "mount -t tmpfs -o size=6500m none /mnt && fallocate -l 6g /mnt/f && " +
            "for i in $(seq 0 23); do echo mark$i | dd of=/mnt/f bs=256M seek=$i conv=notrunc 2>/dev/null; done; " +
            "for i in $(seq 0 23); do dd if=/mnt/f bs=4096 skip=$((i * 65536)) count=1 2>/dev/null | head -n 1; done | sort -u | wc -l; " +
            "stat -c %s /mnt/f",
            TimeSpan.FromMinutes(5));

        Assert.Equal(["24", $"{Needed}"], result.Text.Split('\n'));
    }

    [Theory]
    [OnEachMachine]
    public async Task Random_numbers_come_from_the_hosts_generator(MicroVmMachine machine)
    {
        await using LinuxGuest guest = await Guests.StartAsync(machine, new EntropyDevice());

        GuestResult result = await guest.RunAsync(
            "cat /sys/class/misc/hw_random/rng_current; dd if=/dev/hwrng bs=4k count=16 iflag=fullblock of=/tmp/r 2>/dev/null; " +
            "stat -c %s /tmp/r; " +
            "for i in $(seq 0 15); do dd if=/tmp/r bs=4096 skip=$i count=1 2>/dev/null | sha256sum; done | sort -u | wc -l");

        Assert.Equal(["virtio_rng.0", "65536", "16"], result.Text.Split('\n'));
    }

    [Theory]
    [OnEachMachine]
    public async Task A_failing_script_says_what_it_printed(MicroVmMachine machine)
    {
        await using LinuxGuest guest = await Guests.StartAsync(machine);

        GuestScriptException failure = await Assert.ThrowsAsync<GuestScriptException>(() => guest.RunAsync("echo before; exit 7"));

        Assert.Contains("status 7", failure.Message, StringComparison.Ordinal);
        Assert.Contains("before", failure.Message, StringComparison.Ordinal);
    }
}
