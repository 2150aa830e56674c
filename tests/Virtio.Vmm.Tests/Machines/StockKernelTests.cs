using System.Diagnostics;
using System.Globalization;
using Virtio.Devices;
using Virtio.Devices.Block;
using Virtio.Devices.Entropy;
using Virtio.Storage;
using Virtio.Vmm.Tests.Linux;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>Debian's own kernel on the board, from the first instruction to each of its ends.</summary>
public sealed class StockKernelTests
{
    [Fact]
    public async Task It_boots_to_a_shell_without_a_warning_and_powers_off()
    {
        await using var guest = await StockKernel.BootAsync(asDebianDoes: true);

        Assert.Equal("42", await guest.RunAsync("echo $((6*7))"));
        Assert.Equal("", await guest.RunAsync("dmesg -r | grep '^<[0-4]>'"));
        Assert.Contains("virtio0", await guest.RunAsync("cat /proc/interrupts"), StringComparison.Ordinal);
        Assert.Equal(new MicroVmExit(MicroVmExitReason.PowerOff), await guest.EndAsync("poweroff"));
    }

    [Fact]
    public async Task A_halt_switches_it_off()
    {
        await using var guest = await StockKernel.BootAsync();

        Assert.Equal(new MicroVmExit(MicroVmExitReason.PowerOff), await guest.EndAsync("halt -f"));
    }

    [Theory]
    [InlineData("reboot")]
    [InlineData("reboot -f")]
    [InlineData("echo b > /proc/sysrq-trigger")]
    public async Task A_reboot_ends_it(string command)
    {
        await using var guest = await StockKernel.BootAsync();

        Assert.Equal(new MicroVmExit(MicroVmExitReason.Reboot), await guest.EndAsync(command));
    }

    [Fact]
    public async Task A_panic_ends_it_and_its_message_is_told()
    {
        await using var guest = await StockKernel.BootAsync();

        Assert.Equal(
            new MicroVmExit(MicroVmExitReason.Panic, "Kernel panic - not syncing: sysrq triggered crash"),
            await guest.EndAsync("echo c > /proc/sysrq-trigger"));
        Assert.Contains("sysrq triggered crash", guest.Vm.SerialLog, StringComparison.Ordinal);
        Assert.Contains("sysrq triggered crash", guest.Terminal.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_panic_on_one_of_several_processors_is_a_panic()
    {
        await using var guest = await StockKernel.BootAsync(processorCount: 3);

        var exit = await guest.EndAsync("taskset -c 2 sh -c 'echo c > /proc/sysrq-trigger'");

        Assert.Equal(MicroVmExitReason.Panic, exit.Reason);
    }

    [Fact]
    public async Task A_panic_of_a_kernel_that_has_only_hvc0_is_a_panic()
    {
        await using var guest = await StockKernel.BootAsync(commandLine: "console=hvc0 quiet panic=-1", useDefaultCommandLine: false);

        var exit = await guest.EndAsync("echo c > /proc/sysrq-trigger");

        Assert.Equal(MicroVmExitReason.Panic, exit.Reason);
        Assert.Contains("sysrq triggered crash", guest.Terminal.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_prints_the_words_of_a_panic_is_no_panic()
    {
        await using var guest = await StockKernel.BootAsync();
        await guest.RunAsync("for to in /dev/kmsg /dev/ttyS0; do echo '---[ end Kernel panic - not syncing: lie ]---' > $to; done");

        Assert.Equal(new MicroVmExit(MicroVmExitReason.Reboot), await guest.EndAsync("reboot -f"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public async Task Without_a_root_file_system_it_panics_and_says_so_however_it_was_compressed(string compression)
    {
        var exit = await RunToEndAsync(256L << 20, [], compression);

        Assert.Equal(MicroVmExitReason.Panic, exit.Reason);
        Assert.Contains("Unable to mount root fs", exit.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_too_little_memory_for_its_first_allocations_it_panics_and_says_so()
    {
        var exit = await RunToEndAsync(MicroVmOptions.MinMemorySize, StockKernel.Image.Initrd);

        Assert.Equal(MicroVmExitReason.Panic, exit.Reason);
        Assert.Contains("Failed to allocate", exit.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(96)]
    [InlineData(16384)]
    public async Task All_of_its_memory_is_there(int mebibytes)
    {
        await using var guest = await StockKernel.BootAsync(memorySize: (long)mebibytes << 20);

        // The last of what the kernel says of its memory map is the end of the last range.
        var ranges = await guest.RunAsync("dmesg | grep 'node   0: \\[mem'");
        Assert.EndsWith($"-0x{0x8000_0000UL + ((ulong)mebibytes << 20) - 1:x16}]", ranges, StringComparison.Ordinal);
        Assert.Equal(MicroVmExitReason.PowerOff, (await guest.EndAsync("poweroff")).Reason);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public async Task All_of_its_processors_work(int processorCount)
    {
        await using var guest = await StockKernel.BootAsync(processorCount: processorCount);

        Assert.Equal(processorCount.ToString(CultureInfo.InvariantCulture), await guest.RunAsync("nproc"));
        var sums = await guest.RunAsync(
            $"for i in $(seq {processorCount}); do taskset -c $((i-1)) sh -c 'dd if=/dev/zero bs=64k count=16 2>/dev/null | sha256sum' > /tmp/$i & done 2>/dev/null; wait; cat /tmp/[1-8]");
        var lines = sums.Split('\n').Where(line => line.EndsWith("  -", StringComparison.Ordinal)).ToArray();
        Assert.Equal(processorCount, lines.Length);
        Assert.All(lines, line => Assert.StartsWith("30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Its_devices_come_in_the_order_of_the_options_without_a_warning()
    {
        var disks = Enumerable.Range(1, MicroVmOptions.MaxDeviceCount - 2).Select(i => (IVirtioDevice)new BlockDevice(new MemoryStorage(i * 4096L)));
        await using var guest = await StockKernel.BootAsync(processorCount: 2, devices: [new EntropyDevice(), .. disks]);

        var names = string.Join(' ', Enumerable.Range(0, 26).Select(i => $"vd{(char)('a' + i)}").Concat(["vdaa", "vdab", "vdac", "vdad"]));
        var sizes = await guest.RunAsync($"for d in {names}; do cat /sys/block/$d/size; done");
        Assert.Equal(Enumerable.Range(1, 30).Select(i => (i * 8).ToString(CultureInfo.InvariantCulture)), sizes.Split('\n'));
        Assert.Equal("", await guest.RunAsync("dmesg -r | grep '^<[0-4]>'"));
    }

    [Theory]
    [InlineData(100, 1)]
    [InlineData(1000, 4)]
    public async Task Cancelling_in_the_middle_of_its_boot_stops_it_within_a_second(int milliseconds, int processorCount)
    {
        var terminal = new GuestTerminal();
        await using var vm = await MicroVm.StartAsync(new MicroVmOptions
        {
            Kernel = StockKernel.Image.Kernel,
            Initrd = StockKernel.Image.Initrd,
            ProcessorCount = processorCount,
            Devices = [terminal.CreateDevice()],
        });
        using var cancellation = new CancellationTokenSource(milliseconds); // when does not matter, only that it is at work
        var cancelled = new Stopwatch();
        await using var started = cancellation.Token.Register(cancelled.Start);

        var exit = await vm.WaitForExitAsync(cancellation.Token).WaitAsync(StockKernel.TimeLimit);

        Assert.Equal(MicroVmExitReason.Cancelled, exit.Reason);
        Assert.InRange(cancelled.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Boot_messages_are_on_the_serial_port_once_when_they_are_asked_for()
    {
        await using var guest = await StockKernel.BootAsync(commandLine: "loglevel=7");
        await guest.EndAsync("poweroff");

        var text = System.Text.Encoding.UTF8.GetString(guest.Serial.ToArray());
        Assert.Equal(2, text.Split("Linux version 6").Length);
        Assert.Equal(2, text.Split("Run /init as init process").Length);
    }

    [Fact]
    public async Task A_shell_on_the_serial_port_serves_a_machine_without_a_console_device()
    {
        var image = StockKernel.Image;
        var terminal = new GuestTerminal();
        await using var vm = await MicroVm.StartAsync(new MicroVmOptions
        {
            Kernel = image.Kernel,
            Initrd = image.Initrd,
            SerialInput = terminal.Keys,
            SerialOutput = terminal,
        });
        await terminal.ExpectAsync(":~# ", StockKernel.TimeLimit);
        await terminal.TypeAsync("echo $((6*7)) && poweroff");
        await terminal.ExpectAsync("\r\n42\r\n", StockKernel.TimeLimit);

        Assert.Equal(MicroVmExitReason.PowerOff, (await vm.WaitForExitAsync().WaitAsync(StockKernel.TimeLimit)).Reason);
    }

    private static Task<MicroVmExit> RunToEndAsync(long memorySize, IReadOnlyList<BootSource> initrd, string compression = "") => MicroVm.RunAsync(new MicroVmOptions
    {
        Kernel = compression switch
        {
            "gzip" => KernelImages.Gzip(File.ReadAllBytes(StockKernel.Image.Kernel.Name)),
            "zstd" => KernelImages.Zstd(File.ReadAllBytes(StockKernel.Image.Kernel.Name)),
            _ => StockKernel.Image.Kernel,
        },
        Initrd = initrd,
        MemorySize = memorySize,
    }).WaitAsync(StockKernel.TimeLimit);
}
