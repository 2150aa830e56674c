using System.Globalization;
using System.Text.RegularExpressions;
using Virtio.Guest.Tests.Machines;
using Virtio.Testing.Guest;
using Virtio.Vmm;

namespace Virtio.Guest.Tests;

/// <summary>Guests that cannot boot, and guests that have just enough memory to boot.</summary>
public sealed partial class BootTests
{
    /// <summary>
    /// With so little memory the kernel's first tables do not fit: the kernel panics before it has a driver or has read its parameters.
    /// </summary>
    [Theory]
    [OnEachMachine]
    public async Task A_kernel_that_panics_before_it_has_a_console_is_reported_with_its_words(MicroVmMachine machine)
    {
        Guests.RequireImage(machine);

        GuestScriptException failure = await Assert.ThrowsAsync<GuestScriptException>(
            () =>
                Guests.StartAsync(
                    new LinuxGuestOptions { Machine = machine, CommandLine = "mem=60M", StartLimit = TimeSpan.FromMinutes(30) }));

        Assert.Equal(MicroVmExitReason.Panic, failure.Exit?.Reason);
        Assert.Contains("Kernel panic - not syncing", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Call Trace", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [OnEachMachine(false, "true")]
    [OnEachMachine(true, "fio --version && mke2fs -V 2>/dev/null")]
    public async Task The_least_memory_that_a_refusal_names_is_enough_for_the_whole_image(
        MicroVmMachine machine, bool withTools, string script)
    {
        Guests.RequireImage(machine);
        var options = new LinuxGuestOptions { Machine = machine, WithTools = withTools, MemorySize = MicroVmOptions.MinMemorySize };

        BootException refusal = await Assert.ThrowsAsync<BootException>(() => Guests.StartAsync(options));
        long least = long.Parse(Least().Match(refusal.Message).Groups[1].Value, CultureInfo.InvariantCulture) << 20;
        await Assert.ThrowsAsync<BootException>(() => Guests.StartAsync(options with { MemorySize = least - (2 << 20) }));
        await using LinuxGuest guest = await Guests.StartAsync(options with { MemorySize = least });
        await guest.RunAsync(script);

        Assert.DoesNotContain("unpacking failed", (await guest.RunAsync("dmesg")).Output, StringComparison.Ordinal);
    }

    [GeneratedRegex("they need ([0-9]+) MiB to boot")]
    private static partial Regex Least();
}
