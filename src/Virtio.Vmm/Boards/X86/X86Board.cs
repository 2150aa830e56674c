using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Virtio.Kvm;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.Queues;
using Virtio.Transports.Mmio;
using Virtio.Vmm.Boards.Serial;
using Virtio.Vmm.Linux;

namespace Virtio.Vmm.Boards.X86;

/// <summary>The x86-64 board: KVM's processors, interrupt controllers and timer, a 16550 and virtio-mmio devices.</summary>
[SupportedOSPlatform("linux")]
internal sealed class X86Board : IBoard
{
    // A few times the cost of waking a thread:
    // polling this long for the driver's next request is cheaper than sleeping, if a request comes.
    private static readonly TimeSpan PollTime = TimeSpan.FromMicroseconds(50);

    private readonly TaskCompletionSource<MicroVmExit> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly BoardParts _parts;
    private readonly ILogger _logger;
    private readonly GuestMemory _memory;
    private readonly KvmVm _vm;
    private readonly SerialPort _serial;
    private readonly MmioBus _virtio;
    private readonly X86Processors _processors;
    private X86EntryState? _entry;
    private bool _started;

    private X86Board(MicroVmOptions options, BoardParts parts)
    {
        // Undone from the last to the first: the processors before the devices that they access, and memory after devices and processors.
        _parts = parts;
        _logger = options.Logger;
        parts.Add(() => DisposeDevicesAsync(options));
        _memory = parts.Own(BoardMemory.Allocate(options, MemoryRanges((ulong)options.MemorySize)));
        using var kvm = KvmSystem.Open();
        _vm = parts.Own(kvm.CreateVm());
        SetUpMachine();
        var interrupts = parts.Own(new X86Interrupts(_vm, options.Devices.Count));
        _serial = new SerialPort(
            options.SerialOutput,
            options.SerialInput,
            new FirmwareConsole(isHeldBack: false),
            asserted => interrupts.Set(X86BoardLayout.SerialInterrupt, asserted),
            options.Logger);
        _serial.KernelDied = () => _processors!.End(new MicroVmExit(MicroVmExitReason.Panic, _serial.PanicMessage));
        parts.Add(_serial.DisposeAsync);
        var busOptions = new MmioBusOptions
        {
            BaseAddress = X86BoardLayout.VirtioAddress,
            DeviceSize = X86BoardLayout.VirtioStride,
            FirstInterrupt = 0,
            CreateSignal = CreateSignal,
            PollTime = PollTime,
            StopLimit = options.StopLimit,
            Logger = options.Logger,
        };
        _virtio = new MmioBus(
            busOptions,
            _memory,
            options.Devices,
            (device, asserted) => interrupts.Set(X86BoardLayout.VirtioInterrupt(device), asserted));
        parts.Add(_virtio.DisposeAsync);
        var supported = kvm.GetSupportedCpuid();
        var hasDeadlineTimer = kvm.CheckExtension(KvmCapability.TscDeadlineTimer) != 0;
        var cpuid = Enumerable.Range(0, options.ProcessorCount)
            .Select(id => X86Cpuid.For(supported, id, options.ProcessorCount, hasDeadlineTimer));
        _processors = parts.Own(new X86Processors(_vm, [.. cpuid], new X86PortBus(_serial, new CmosClock(TimeProvider.System)), _virtio));
    }

    /// <inheritdoc/>
    public MicroVmMachine Machine => MicroVmMachine.Kvm;

    /// <inheritdoc/>
    public Task<MicroVmExit> Completion => _completion.Task;

    /// <inheritdoc/>
    public string SerialLog => _serial.Log;

    /// <summary>
    /// Assembles a board and loads its kernel. The caller has checked the options.
    /// The board owns the devices, even when this method throws.
    /// </summary>
    /// <exception cref="KvmException">KVM is not available, or lacks something that this board needs.</exception>
    public static async Task<X86Board> CreateAsync(MicroVmOptions options, CancellationToken cancellationToken)
    {
        var parts = new BoardParts();
        try
        {
            var board = new X86Board(options, parts);

            // Preparing vCPUs and loading the kernel both take time, so they run concurrently.
            var preparation = board._processors.PrepareAsync();
            board.Load(options, cancellationToken);
            await preparation.ConfigureAwait(false);
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
        _processors.Start(_entry!);
        _ = CompleteAsync();
    }

    /// <inheritdoc/>
    public void RequestStop() => _processors.End(new MicroVmExit(MicroVmExitReason.Stopped));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        RequestStop();
        if (_started)
            await Completion.ConfigureAwait(false);
        await _parts.DisposeAsync().ConfigureAwait(false);
    }

    private static (ulong Address, ulong Length)[] MemoryRanges(ulong size) => size <= X86BoardLayout.HoleAddress
        ? [(0, size)]
        : [(0, X86BoardLayout.HoleAddress), (X86BoardLayout.MemoryAbove4GAddress, size - X86BoardLayout.HoleAddress)];

    private void SetUpMachine()
    {
        _vm.SetTssAddress(X86BoardLayout.TaskStateAddress);
        _vm.SetIdentityMapAddress(X86BoardLayout.IdentityMapAddress);
        _vm.CreateInterruptController();
        _vm.CreatePit();
        for (var slot = 0; slot < _memory.Regions.Count; slot++)
        {
            var region = _memory.Regions[slot];
            _vm.SetMemory(slot, region.Address, region.Length, region.Host);
        }
    }

    /// <summary>A driver's notification sets the signal inside the host kernel: the vCPU that wrote it does not exit.</summary>
    private EventSignal CreateSignal(int device, int queue)
    {
        var signal = new EventSignal();
        try
        {
            var address = X86BoardLayout.VirtioAddress + (ulong)device * X86BoardLayout.VirtioStride + MmioRegisters.QueueNotify;
            _vm.AddIoEvent(new KvmIoEvent(address, sizeof(uint)) { Match = (ulong)queue }, signal.Handle);
            return signal;
        }
        catch
        {
            signal.Dispose();
            throw;
        }
    }

    private void Load(MicroVmOptions options, CancellationToken cancellationToken)
    {
        var files = new LinuxFiles(options.Kernel, options.Initrd, KernelCommandLine.ForX86(options));
        var boot = X86LinuxLoader.Load(_memory, files, X86Firmware.Write(_memory, options), cancellationToken);
        _entry = X86EntryState.Prepare(_memory, boot);
    }

    private async ValueTask DisposeDevicesAsync(MicroVmOptions options)
    {
        if (_virtio is null)
            await DeviceDisposal.DisposeAllAsync(options.Devices).ConfigureAwait(false);
    }

    private async Task CompleteAsync()
    {
        var exit = await _processors.Completion.ConfigureAwait(false);

        // First the guest's last output, then the completion: a caller that sees the end has all output.
        await _serial.DisposeAsync().ConfigureAwait(false);
        if (exit.Reason == MicroVmExitReason.Fault)
            MicroVmLog.Failed(_logger, _processors.Failure);
        _completion.SetResult(exit);
    }
}
