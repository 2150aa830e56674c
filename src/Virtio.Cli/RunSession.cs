using Microsoft.Extensions.Logging;
using Virtio.Cli.Arguments;
using Virtio.Cli.Consoles;
using Virtio.Devices;
using Virtio.Devices.Console;
using Virtio.Devices.Entropy;
using Virtio.Linux;
using Virtio.Vmm;

namespace Virtio.Cli;

/// <summary>One run of a guest, from the command line to the exit status. Whatever ends it, storage is flushed and the terminal as it was.</summary>
internal sealed class RunSession(RunOptions options)
{
    private readonly ILogger _logger = new StandardErrorLogger();

    internal async Task<int> RunAsync()
    {
        using var interruption = new Interruption();
        try
        {
            MicroVmExit exit = await RunAsync(interruption.Token);
            return Report(exit, interruption);
        }
        catch (OperationCanceledException) when (interruption.ExitStatus is not null)
        {
            return interruption.ExitStatus.Value;
        }
    }

    private static int Report(MicroVmExit exit, Interruption interruption)
    {
        switch (exit.Reason)
        {
            case MicroVmExitReason.Panic:
                StandardError.WriteMessage($"the guest's kernel panicked{(exit.Detail is null ? "" : ": " + exit.Detail)}");
                return ExitStatus.GuestPanicked;
            case MicroVmExitReason.Fault:
                StandardError.WriteMessage($"the machine failed{(exit.Detail is null ? "" : ": " + exit.Detail)}");
                return ExitStatus.Failure;
            case MicroVmExitReason.Stopped or MicroVmExitReason.Cancelled:
                return interruption.ExitStatus ?? ExitStatus.Success;
            default:
                return ExitStatus.Success;
        }
    }

    private async Task<MicroVmExit> RunAsync(CancellationToken interrupted)
    {
        // First of all: what cannot be should not download anything.
        MicroVmMachineChoice.For(options.Machine);
        await using BootFiles files = await BootFiles.PrepareAsync(options, interrupted);
        MicroVmMachineChoice choice = MicroVmMachineChoice.For(options.Machine, files.Kernel);
        await using ConsoleEnd end = ConsoleEnd.Open(options.Console);
        await using FileStream? serial = options.Serial is null || options.HasSerialTerminal ? null : OutputFile.Create("--serial", options.Serial);
        ConsoleDevice? console = options.HasSerialTerminal ? null : new ConsoleDevice(new ConsoleDeviceOptions { Input = end.Input, Output = end.Output });
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

        // The guest's last words: whoever reads them slowly gets them all, unless the end was asked for here.
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
            return devices;
        }
        catch
        {
            foreach (IVirtioDevice device in devices)
                await device.DisposeAsync();
            throw;
        }
    }

    /// <summary>A person at a terminal is told what runs. A script gets its output as it is, apart from a choice that it left to the command.</summary>
    private void Announce(MicroVmMachineChoice choice, ConsoleEnd end)
    {
        bool isTerminal = Terminal.IsTerminal(Terminal.StandardInput);
        if (!isTerminal && options.Machine != MicroVmMachine.Auto)
            return;
        string machine = choice.Machine == MicroVmMachine.Kvm ? "KVM (x86-64)" : "software processor (RISC-V)";
        string reason = options.Machine == MicroVmMachine.Auto ? $", because {choice.Reason}" : "";
        string size = $"{options.Processors} CPU{(options.Processors == 1 ? "" : "s")}, {ByteSize.Format(options.Memory)}";
        StandardError.WriteMessage($"{machine}{reason}; {size}{(isTerminal ? $"; {end.Hint}" : "")}");
    }
}
