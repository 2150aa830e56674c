using System.Globalization;
using Virtio.Guest.Tests.Machines;
using Virtio.Testing.Guest;
using Virtio.Vmm;

namespace Virtio.Guest.Tests;

/// <summary>The guest's idea of the time of day.</summary>
public sealed class ClockTests
{
    [Theory]
    [OnEachMachine]
    public async Task The_time_in_a_guest_that_has_just_booted_is_the_hosts_within_a_second(MicroVmMachine machine)
    {
        await using LinuxGuest guest = await Guests.StartAsync(machine);

        // The guest prints whole seconds, rounded down, so the host's clock is read before and after.
        long before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        GuestResult result = await guest.RunAsync("date +%s; cat /sys/class/rtc/rtc0/since_epoch 2>/dev/null");
        long after = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

        Assert.All(result.Text.Split('\n'), time => Assert.InRange(long.Parse(time, CultureInfo.InvariantCulture), before - 1, after + 1));
    }

    [Fact]
    public async Task The_guest_sets_its_real_time_clock_and_reads_it_back()
    {
        await using LinuxGuest guest = await Guests.StartAsync(MicroVmMachine.Software);

        GuestResult result = await guest.RunAsync(
            "grep -c goldfish_rtc /sys/class/rtc/rtc0/name; date -s '2031-02-03 04:05:06' >/dev/null; hwclock -w -u; " +
            "cat /sys/class/rtc/rtc0/since_epoch");

        string[] lines = result.Text.Split('\n');
        long expected = new DateTimeOffset(2031, 2, 3, 4, 5, 6, TimeSpan.Zero).ToUnixTimeSeconds();
        Assert.Equal("1", lines[0]);
        Assert.InRange(long.Parse(lines[1], CultureInfo.InvariantCulture), expected, expected + 300);
    }
}
