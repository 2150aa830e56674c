using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Virtio.Vmm;

namespace Virtio.Cli.Tests.Processes;

/// <summary>A run whose process is stopped for a while.</summary>
public sealed partial class StoppedRunTests
{
    [Fact]
    public async Task A_guest_does_not_notice_that_its_process_was_stopped_but_for_the_real_time_clock()
    {
        Assert.SkipWhen(
            GuestImage.TryFind(MicroVmMachine.Software) is null,
            "there is no guest image for the software machine: make it with './build guest'");
        TimeSpan stop = TimeSpan.FromSeconds(8);
        using CommandProcess process = CommandProcess.Start("run", "--machine", "software", "--memory", "128M", "--cpus", "2");

        // The guest's kernel reports a processor that hangs for twice this many seconds.
        await process.Input.WriteAsync("echo 3 > /proc/sys/kernel/watchdog_thresh\n");
        var clock = Stopwatch.StartNew();
        Times before = await LookAsync(process, 1);
        await process.StopAsync();
        var stopped = Stopwatch.StartNew();
        await Task.Delay(stop);
        stopped.Stop();
        process.Signal(CommandProcess.Continue);
        Times after = await LookAsync(process, 2);
        TimeSpan passed = clock.Elapsed;
        await process.Input.WriteAsync("sleep 3; echo lock''ups: $(dmesg | grep -cE 'soft lockup|detected stall|hung')\npoweroff -f\n");
        (int status, string output, _) = await process.EndAsync();

        // At any load the guest's clock is never faster than the host's, and it does not count the time of the stop.
        double uptime = after.Uptime - before.Uptime;
        Assert.InRange(uptime, 0, (passed - stopped.Elapsed).TotalSeconds + 0.1);
        Assert.InRange(after.RealTime, after.HostBefore - 1, after.HostAfter + 1);
        Assert.Contains("lockups: 0", output);
        Assert.Equal(ExitStatus.Success, status);
    }

    private static async Task<Times> LookAsync(CommandProcess process, int number)
    {
        long before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        await process.Input.WriteAsync(
            $"echo look-{number} up=$(cut -d ' ' -f 1 /proc/uptime) rtc=$(cat /sys/class/rtc/rtc0/since_epoch) end''-{number}\n");
        await process.Input.FlushAsync();
        await process.WaitForOutputAsync($"end-{number}");
        long after = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Match match = Look().Matches(process.Output).Single(match => match.Groups[1].Value == $"{number}");
        return new Times(
            double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture),
            long.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture),
            before,
            after);
    }

    [GeneratedRegex("look-([0-9]) up=([0-9.]+) rtc=([0-9]+)")]
    private static partial Regex Look();

    private sealed record Times(double Uptime, long RealTime, long HostBefore, long HostAfter);
}
