using Microsoft.Extensions.Logging;
using Virtio.Devices;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.Riscv;
using Virtio.Transports.Mmio;
using Virtio.Vmm.Boards.Serial;
using Virtio.Vmm.Linux;

namespace Virtio.Vmm.Boards.Riscv;

/// <summary>The RISC-V board: harts in C#, memory, a PLIC, a 16550, a real-time clock and virtio-mmio devices.</summary>
internal sealed class RiscvBoard : IBoard
{
    private readonly TaskCompletionSource<MicroVmExit> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly BoardParts _parts;
    private readonly ILogger _logger;
    private readonly GuestMemory _memory;
    private readonly SerialPort _serial;
    private readonly MmioBus _virtio;
    private readonly RiscvMachine _machine;
    // Written once, before Start.
    private RiscvBoot _boot;

    // Start was called. Owned by the caller's thread.
    private bool _started;

    // The kernel printed the end of a panic. Written by a hart's thread before it asks for the stop.
    private volatile bool _kernelDied;

    private RiscvBoard(MicroVmOptions options, BoardParts parts)
    {
        // Undone from the last to the first. When the harts are disposed, no device touches memory or moves a hart's line any more.
        // Memory goes after both.
        _parts = parts;
        _logger = options.Logger;
        parts.Add(() => DisposeDevicesAsync(options));
        _memory = parts.Own(BoardMemory.Allocate(options, (RiscvBoardLayout.MemoryAddress, (ulong)options.MemorySize)));
        parts.Add(DisposeMachine);
        var plic = new Plic(options.ProcessorCount, (hart, asserted) => _machine!.SetExternalInterrupt(hart, asserted));
        _serial = new SerialPort(
            options.SerialOutput,
            options.SerialInput,
            new FirmwareConsole(KernelCommandLine.RepeatsFirmwareText(options)),
            asserted => plic.SetLevel(RiscvBoardLayout.UartInterrupt, asserted),
            options.Logger);
        _serial.KernelDied = OnKernelDied;
        parts.Add(_serial.DisposeAsync);
        var clock = parts.Own(new GoldfishClock(TimeProvider.System, asserted => plic.SetLevel(RiscvBoardLayout.ClockInterrupt, asserted)));
        var busOptions = new MmioBusOptions
        {
            BaseAddress = RiscvBoardLayout.VirtioAddress,
            DeviceSize = RiscvBoardLayout.VirtioStride,
            FirstInterrupt = RiscvBoardLayout.FirstVirtioInterrupt,
            CreateSignal = (device, _) => CreateSignal(options.Devices[device]),
            StopLimit = options.StopLimit,
            Logger = options.Logger,
        };
        _virtio = new MmioBus(busOptions, _memory, options.Devices, plic.SetLevel);
        parts.Add(_virtio.DisposeAsync);
        _machine = new RiscvMachine(new RiscvMachineOptions
        {
            Memory = [.. _memory.Regions.Select(region => new RiscvMemoryRegion(region.Address, region.Host, region.Length))],
            Bus = new RiscvSystemBus(plic, _serial.Uart, clock, _virtio),
            HartCount = options.ProcessorCount,
            TimebaseFrequency = RiscvBoardLayout.TimebaseFrequency,
            DebugConsole = _serial.WriteFirmware,
        });
    }

    /// <inheritdoc/>
    public MicroVmMachine Machine => MicroVmMachine.Software;

    /// <inheritdoc/>
    public Task<MicroVmExit> Completion => _completion.Task;

    /// <inheritdoc/>
    public string SerialLog => _serial.Log;

    /// <inheritdoc/>
    public ulong? InstructionsRetired => _machine.Harts.Aggregate(0UL, (sum, hart) => sum + hart.InstructionsRetired);

    /// <summary>
    /// Assembles a board and loads its kernel. The caller has checked the options.
    /// The board owns the devices, even when this method throws.
    /// </summary>
    public static async Task<RiscvBoard> CreateAsync(MicroVmOptions options, CancellationToken cancellationToken)
    {
        var parts = new BoardParts();
        try
        {
            var board = new RiscvBoard(options, parts);
            board.Load(options, cancellationToken);
            return board;
        }
        catch
        {
            await parts.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Start()
    {
        _started = true;
        _machine.Start(_boot.Entry, _boot.DeviceTree);
        _ = CompleteAsync();
    }

    /// <inheritdoc/>
    public void RequestStop() => _machine.RequestStop();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Stop the harts first, so that no hart touches a device. A device whose disposal fails was reset before:
        // it does not touch memory any more.
        _machine.RequestStop();
        if (_started)
            await Completion.ConfigureAwait(false);
        await _parts.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>A notification for a device in another process goes there directly, without a thread of this process in between.</summary>
    private static EventSignal? CreateSignal(IVirtioDevice device) =>
        OperatingSystem.IsLinux() && device.NeedsSharedMemory ? new EventSignal() : null;

    private async ValueTask DisposeDevicesAsync(MicroVmOptions options)
    {
        if (_virtio is null)
            await DeviceDisposal.DisposeAllAsync(options.Devices).ConfigureAwait(false);
    }

    private ValueTask DisposeMachine()
    {
        _machine?.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Load(MicroVmOptions options, CancellationToken cancellationToken)
    {
        var area = new LoadArea(_memory, RiscvBoardLayout.MemoryAddress, (ulong)options.MemorySize);
        _boot = RiscvLinuxLoader.Load(area, options.Kernel, options.Initrd, initrd => DescribeTo(options, initrd), cancellationToken);
    }

    private byte[] DescribeTo(MicroVmOptions options, InitrdRange? initrd) => new RiscvDeviceTree
    {
        MemorySize = (ulong)options.MemorySize,
        HartCount = options.ProcessorCount,
        CommandLine = KernelCommandLine.ForRiscv(options),
        VirtioDevices = [.. _virtio.Devices.Select(placed => (placed.Address, (ulong)placed.Size, placed.Interrupt))],
        Initrd = initrd,
    }.ToArray();

    private void OnKernelDied()
    {
        _kernelDied = true;
        _machine.RequestStop();
    }

    private async Task CompleteAsync()
    {
        var reason = await _machine.Completion.ConfigureAwait(false);

        // First the guest's last output, then the completion: a caller that sees the end has all output.
        await _serial.DisposeAsync().ConfigureAwait(false);
        var exit = RiscvExit.Describe(_machine, reason, _kernelDied, _serial.PanicMessage);
        if (exit.Reason == MicroVmExitReason.Fault)
            MicroVmLog.Failed(_logger, _machine.Failure);
        _completion.SetResult(exit);
    }
}
