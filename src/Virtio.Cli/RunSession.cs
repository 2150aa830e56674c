using Microsoft.Extensions.Logging;
using Virtio.Cli.Arguments;
using Virtio.Cli.Consoles;
using Virtio.Devices;
using Virtio.Devices.Console;
using Virtio.Devices.Entropy;
using Virtio.Linux;
using Virtio.Vmm;

namespace Virtio.Cli;

/// <summary>
/// One run of a guest, from the command line to the exit status. On every exit, storage is flushed and the terminal restored.
/// </summary>
internal sealed class RunSession(RunOptions options)
{
    private readonly ILogger _logger = new StandardErrorLogger();

    // The user has ended the machine with keys. A copy of ConsoleEnd.Ended: the console is closed when this is read.
    private bool _endedByKeys;

    internal async Task<int> RunAsync()
    {
        using var interruption = new Interruption();
        using var timeout = options.Timeout is { } time ? new CancellationTokenSource(time) : new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(interruption.Token, timeout.Token);
        MicroVmExit? exit = null;
        try
        {
            exit = await RunAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested || _endedByKeys)
        {
            // Cancelled before the machine ran.
        }

        return exit is null or { Reason: MicroVmExitReason.Stopped or MicroVmExitReason.Cancelled }
            ? interruption.ExitStatus ?? ReportEnd(timeout.IsCancellationRequested)
            : Report(exit);
    }

    private static int Report(MicroVmExit exit)
    {
        switch (exit.Reason)
        {
            case MicroVmExitReason.Panic:
                StandardError.WriteFault($"the guest's kernel panicked{(exit.Detail is null ? "" : ": " + exit.Detail)}");
                return ExitStatus.GuestPanicked;
            case MicroVmExitReason.Fault:
                StandardError.WriteFault($"the machine failed{(exit.Detail is null ? "" : ": " + exit.Detail)}");
                return ExitStatus.Failure;
            default:
                return ExitStatus.Success;
        }
    }

    private int ReportEnd(bool timedOut)
    {
        if (timedOut)
        {
            string time = $"{options.Timeout!.Value.TotalSeconds:0.###} s";
            StandardError.WriteFault($"the machine did not end by itself within {time} (--timeout) and was ended");
            return ExitStatus.TimedOut;
        }

        // On a new line: the cursor is where the guest left it.
        StandardError.Write("\n");
        StandardError.WriteMessage("the machine was ended with Ctrl-A x");
        return ExitStatus.Success;
    }

    private async Task<MicroVmExit> RunAsync(CancellationToken interrupted)
    {
        // Checked first: nothing is downloaded for a machine that this host cannot run.
        MicroVmMachineChoice.For(options.Machine);
        await using BootFiles files = await BootFiles.PrepareAsync(options, _logger, interrupted);
        MicroVmMachineChoice choice = MicroVmMachineChoice.For(options.Machine, files.Kernel);
        await using ConsoleEnd end = ConsoleEnd.Open(options.Console);
        await using FileStream? serial = options.Serial is null || options.HasSerialTerminal
            ? null
            : OutputFile.Create("--serial", options.Serial);
        using var keys = end.Ended.Register(() => _endedByKeys = true);
        ConsoleDevice? console = options.HasSerialTerminal
            ? null
            : new ConsoleDevice(new ConsoleDeviceOptions { Input = end.Input, Output = end.Output });
        List<IVirtioDevice> devices = await OpenDevicesAsync(console, interrupted);
        end.Begin(console);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(interrupted, end.Ended);
        await using MicroVm vm = await MicroVm.StartAsync(
            new MicroVmOptions
            {
                Machine = choice.Machine,
                Kernel = files.Kernel,
                Initrd = files.Initrd,
                CommandLine = files.CommandLine,
                MemorySize = options.Memory,
                ProcessorCount = options.Processors,
                Devices = devices,
                SerialInput = options.HasSerialTerminal ? end.Input : null,
                SerialOutput = options.HasSerialTerminal ? end.Output : serial,
                Logger = _logger,
            },
            stop.Token);
        Announce(choice, end);
        MicroVmExit exit = await vm.WaitForExitAsync(stop.Token);

        // Waits for the guest's last output, which a slow reader may not have taken yet, unless the user ends the machine.
        if (console is not null)
            await Task.WhenAny(console.FlushAsync(stop.Token));
        return exit;
    }

    private async Task<List<IVirtioDevice>> OpenDevicesAsync(ConsoleDevice? console, CancellationToken interrupted)
    {
        List<IVirtioDevice> devices = console is null ? [new EntropyDevice()] : [console, new EntropyDevice()];
        try
        {
            foreach (DiskSpec disk in options.Disks)
                devices.Add(await DiskOpening.OpenAsync(disk, queues: 1, _logger, interrupted));
            devices.AddRange(options.Remotes.Select(RemoteOpening.Open));
            if (options.Kernel is not null && options.FormatParameters.Length > 0)
                StandardError.WriteWarning("the guest image makes the file systems that ',mkfs=' asks for; a kernel of your own may not");
            return devices;
        }
        catch
        {
            foreach (IVirtioDevice device in devices)
                await device.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Tells the user at a terminal what runs. Without a terminal, nothing is written unless the command has chosen the machine.
    /// </summary>
    private void Announce(MicroVmMachineChoice choice, ConsoleEnd end)
    {
        bool isTerminal = Terminal.IsTerminal(Terminal.StandardInput);
        if (!isTerminal && options.Machine != MicroVmMachine.Auto)
            return;
        string machine = choice.Machine == MicroVmMachine.Kvm ? "KVM (x86-64)" : "the RISC-V software processor";
        string used = options.Machine == MicroVmMachine.Auto ? $"{choice.Reason}, so {machine} is used" : $"{machine} is used";
        string size = $"{options.Processors} CPU{(options.Processors == 1 ? "" : "s")}, {ByteSize.Format(options.Memory)}";
        StandardError.WriteMessage($"{used}; {size}{(isTerminal ? $"; {end.Hint}" : "")}");
    }
}
