using System.Diagnostics;
using System.Globalization;
using Virtio.Devices;
using Virtio.Devices.Block;
using Virtio.Devices.Entropy;
using Virtio.Storage;
using Virtio.Vmm.Tests.Linux;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>Debian's kernel on each board, from the first instruction to each way to end.</summary>
public sealed class StockKernelTests
{
    // Excluded warnings: the mitigations that the host's processor would need do not concern the board, and the missing PCI is intended. A
    // busy host stops a hart in the middle of its timer interrupt, which the kernel measures.
    private const string Warnings =
        "dmesg -r | grep '^<[0-4]>' | grep -v '] PCI: \\|hrtimer: interrupt took\\|Speculative Return Stack Overflow\\|"
        + "clocksource: .*skipping watchdog check'";

    // Debian's amd64 kernel searches for some kinds of partitions far behind the first sector, and warns if the disk ends before.
    private const long SmallestDisk = 1 << 20;

    [Theory]
    [OnEachMachine(InEveryRun = true)]
    public async Task It_boots_to_a_shell_without_a_warning_and_powers_off(MicroVmMachine machine)
    {
        await using var guest = await StockKernel.BootAsync(machine, asDebianDoes: true);

        Assert.Equal("42", await guest.RunAsync("echo $((6*7))"));
        Assert.Equal("", await guest.RunAsync(Warnings));
        Assert.Contains("virtio0", await guest.RunAsync("cat /proc/interrupts"), StringComparison.Ordinal);
        Assert.Equal(new MicroVmExit(MicroVmExitReason.PowerOff), await guest.EndAsync("poweroff"));
    }

    /// <summary>On x86 a halted kernel sleeps forever and does not tell its machine.</summary>
    [Fact]
    public async Task A_halt_switches_the_software_machine_off()
    {
        await using var guest = await StockKernel.BootAsync(MicroVmMachine.Software);

        Assert.Equal(new MicroVmExit(MicroVmExitReason.PowerOff), await guest.EndAsync("halt -f"));
    }

    [Theory]
    [OnEachMachine("reboot")]
    [OnEachMachine("reboot -f", InEveryRun = true)]
    [OnEachMachine("echo b > /proc/sysrq-trigger")]
    public async Task A_reboot_ends_it(MicroVmMachine machine, string command)
    {
        await using var guest = await StockKernel.BootAsync(machine);

        Assert.Equal(new MicroVmExit(MicroVmExitReason.Reboot), await guest.EndAsync(command));
    }

    [Theory]
    [OnEachMachine(InEveryRun = true)]
    public async Task A_panic_ends_it_and_its_message_is_told(MicroVmMachine machine)
    {
        await using var guest = await StockKernel.BootAsync(machine);

        Assert.Equal(
            new MicroVmExit(MicroVmExitReason.Panic, "Kernel panic - not syncing: sysrq triggered crash"),
            await guest.EndAsync("echo c > /proc/sysrq-trigger"));
        Assert.Contains("sysrq triggered crash", guest.Vm.SerialLog, StringComparison.Ordinal);
        Assert.Contains("sysrq triggered crash", guest.Terminal.Text, StringComparison.Ordinal);
    }

    [Theory]
    [OnEachMachine]
    public async Task A_panic_on_one_of_several_processors_is_a_panic(MicroVmMachine machine)
    {
        await using var guest = await StockKernel.BootAsync(machine, processorCount: 3);

        var exit = await guest.EndAsync("taskset -c 2 sh -c 'echo c > /proc/sysrq-trigger'");

        Assert.Equal(MicroVmExitReason.Panic, exit.Reason);
    }

    [Theory]
    [OnEachMachine]
    public async Task A_panic_of_a_kernel_that_has_only_hvc0_is_a_panic(MicroVmMachine machine)
    {
        await using var guest = await StockKernel.BootAsync(
            machine, commandLine: "console=hvc0 quiet panic=-1", useDefaultCommandLine: false);

        var exit = await guest.EndAsync("echo c > /proc/sysrq-trigger");

        Assert.Equal(MicroVmExitReason.Panic, exit.Reason);
        Assert.Contains("sysrq triggered crash", guest.Terminal.Text, StringComparison.Ordinal);
    }

    [Theory]
    [OnEachMachine]
    public async Task A_program_that_prints_the_words_of_a_panic_is_no_panic(MicroVmMachine machine)
    {
        await using var guest = await StockKernel.BootAsync(machine);
        await guest.RunAsync("for to in /dev/kmsg /dev/ttyS0; do echo '---[ end Kernel panic - not syncing: lie ]---' > $to; done");

        Assert.Equal(new MicroVmExit(MicroVmExitReason.Reboot), await guest.EndAsync("reboot -f"));
    }

    [Theory]
    [OnEachMachine("")]
    [OnEachMachine("gzip")]
    [OnEachMachine("zstd")]
    public async Task Without_a_root_file_system_it_panics_and_says_so_however_it_was_compressed(MicroVmMachine machine, string compression)
    {
        var kernel = StockKernel.Image(machine).Kernel;
        var exit = await RunToEndAsync(machine, 256L << 20, [], compression switch
        {
            "gzip" => KernelImages.Gzip(File.ReadAllBytes(kernel.Name)),
            "zstd" => KernelImages.Zstd(File.ReadAllBytes(kernel.Name)),
            _ => kernel,
        });

        Assert.Equal(MicroVmExitReason.Panic, exit.Reason);
        Assert.Contains("Unable to mount root fs", exit.Detail, StringComparison.Ordinal);
    }

    /// <summary>On x86 the loader refuses the kernel beforehand: <see cref="X86LinuxLoaderRefusalTests"/>.</summary>
    [Fact]
    public async Task With_too_little_memory_for_its_first_allocations_it_panics_and_says_so()
    {
        // Passes the kernel as a user's own, because the library knows that the image's kernel needs more memory.
        var image = StockKernel.Image(MicroVmMachine.Software);
        var exit = await RunToEndAsync(MicroVmMachine.Software, MicroVmOptions.MinMemorySize, image.Initrd, image.Kernel.Name);

        Assert.Equal(MicroVmExitReason.Panic, exit.Reason);
        Assert.Contains("Failed to allocate", exit.Detail, StringComparison.Ordinal);
    }

    /// <summary>The board determines where the last range of memory ends: on x86 behind the hole below 4 GiB.</summary>
    [Theory]
    [InlineData(MicroVmMachine.Software, 96, 0x8000_0000UL + (96 << 20))]
    [InlineData(MicroVmMachine.Software, 16384, 0x8000_0000UL + (16UL << 30))]
    [InlineData(MicroVmMachine.Kvm, 128, 128UL << 20, Traits = ["Machine", "Kvm", "Run", "All"])]
    [InlineData(MicroVmMachine.Kvm, 5120, (4UL << 30) + (5UL << 30) - 0xd000_0000, Traits = ["Machine", "Kvm", "Run", "All"])]
    public async Task All_of_its_memory_is_there(MicroVmMachine machine, int mebibytes, ulong end)
    {
        RequireMachine(machine);
        await using var guest = await StockKernel.BootAsync(machine, memorySize: (long)mebibytes << 20);

        // The kernel's last line about its memory map has the end of the last range.
        var ranges = await guest.RunAsync("dmesg | grep 'node   0: \\[mem'");
        Assert.EndsWith($"-0x{end - 1:x16}]", ranges, StringComparison.Ordinal);
        Assert.Equal(MicroVmExitReason.PowerOff, (await guest.EndAsync("poweroff")).Reason);
    }

    [Theory]
    [InlineData(MicroVmMachine.Software, 4)]
    [InlineData(MicroVmMachine.Software, MicroVmOptions.MaxSoftwareProcessorCount)]
    [InlineData(MicroVmMachine.Kvm, MicroVmOptions.MaxProcessorCount, Traits = ["Machine", "Kvm", "Run", "All"])]
    public async Task All_of_its_processors_work(MicroVmMachine machine, int processorCount)
    {
        RequireMachine(machine);
        await using var guest = await StockKernel.BootAsync(machine, memorySize: 512L << 20, processorCount: processorCount);

        Assert.Equal(processorCount.ToString(CultureInfo.InvariantCulture), await guest.RunAsync("nproc"));
        var sums = await guest.RunAsync(
            $"for i in $(seq {processorCount}); "
            + "do taskset -c $((i-1)) sh -c 'head -c 4096 /dev/zero | sha256sum' > /tmp/$i & done 2>/dev/null; wait; cat /tmp/[1-9]*");
        var lines = sums.Split('\n').Where(line => line.EndsWith("  -", StringComparison.Ordinal)).ToArray();
        Assert.Equal(processorCount, lines.Length);
        Assert.All(
            lines,
            line => Assert.StartsWith("ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7", line, StringComparison.Ordinal));
    }

    [Theory]
    [OnEachMachine]
    public async Task Its_devices_come_in_the_order_of_the_options_without_a_warning(MicroVmMachine machine)
    {
        var disks = Enumerable.Range(1, MicroVmOptions.MaxDeviceCount - 2)
            .Select(i => (IVirtioDevice)new BlockDevice(new MemoryStorage(i * SmallestDisk)));
        await using var guest = await StockKernel.BootAsync(machine, processorCount: 2, devices: [new EntropyDevice(), .. disks]);

        var names = string.Join(' ', Enumerable.Range(0, 26).Select(i => $"vd{(char)('a' + i)}").Concat(["vdaa", "vdab", "vdac", "vdad"]));
        var sizes = await guest.RunAsync($"for d in {names}; do cat /sys/block/$d/size; done");
        Assert.Equal(
            Enumerable.Range(1, 30).Select(i => (i * SmallestDisk / 512).ToString(CultureInfo.InvariantCulture)),
            sizes.Split('\n'));
        Assert.Equal("", await guest.RunAsync(Warnings));
    }

    [Theory]
    [OnEachMachine(100, 1)]
    [OnEachMachine(1000, 4)]
    public async Task Cancelling_in_the_middle_of_its_boot_stops_it_within_a_second(
        MicroVmMachine machine, int milliseconds, int processorCount)
    {
        var image = StockKernel.Image(machine);
        var terminal = new GuestTerminal();
        await using var vm = await MicroVm.StartAsync(new MicroVmOptions
        {
            Machine = machine,
            Kernel = image.Kernel,
            Initrd = image.Initrd,
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

    [Theory]
    [OnEachMachine]
    public async Task Boot_messages_are_on_the_serial_port_once_when_they_are_asked_for(MicroVmMachine machine)
    {
        await using var guest = await StockKernel.BootAsync(machine, commandLine: "loglevel=7");
        await guest.EndAsync("poweroff");

        var text = System.Text.Encoding.UTF8.GetString(guest.Serial.ToArray());
        Assert.Equal(2, text.Split("Linux version 6").Length);
        Assert.Equal(2, text.Split("Run /init as init process").Length);
    }

    [Theory]
    [OnEachMachine]
    public async Task A_shell_on_the_serial_port_serves_a_machine_without_a_console_device(MicroVmMachine machine)
    {
        var image = StockKernel.Image(machine);
        var terminal = new GuestTerminal();
        await using var vm = await MicroVm.StartAsync(new MicroVmOptions
        {
            Machine = machine,
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

    private static void RequireMachine(MicroVmMachine machine)
    {
        var reason = machine == MicroVmMachine.Kvm ? HostKvm.WhyNot : null;
        Assert.SkipWhen(reason is not null, reason ?? "");
    }

    private static Task<MicroVmExit> RunToEndAsync(
        MicroVmMachine machine, long memorySize, IReadOnlyList<BootSource> initrd, BootSource kernel) =>
        MicroVm.RunAsync(new MicroVmOptions { Machine = machine, Kernel = kernel, Initrd = initrd, MemorySize = memorySize })
            .WaitAsync(StockKernel.TimeLimit);
}
