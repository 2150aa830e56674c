using Microsoft.Extensions.Logging;
using Virtio.Vmm.Boards;
using Virtio.Vmm.Boards.Riscv;
using Virtio.Vmm.Boards.X86;

namespace Virtio.Vmm;

/// <summary>
/// A virtual machine that boots Linux and gives it virtio devices written in C#. It runs from <see cref="StartAsync"/> until the guest
/// ends, or until the caller stops or disposes it. Thread-safe.
/// </summary>
public sealed class MicroVm : IAsyncDisposable
{
    private readonly IBoard _board;
    private readonly Task<MicroVmExit> _exit;

    // Protects _stopReason and _disposal.
    private readonly Lock _lock = new();

    // The reason of the first stop request; null until there is one.
    private MicroVmExitReason? _stopReason;

    // The running or finished disposal; null until it begins.
    private Task? _disposal;

    private MicroVm(IBoard board, ILogger logger)
    {
        _board = board;
        _exit = ObserveAsync(logger);
    }

    /// <summary>The kind of machine that was chosen; never <see cref="MicroVmMachine.Auto"/>.</summary>
    public MicroVmMachine Machine => _board.Machine;

    /// <summary>
    /// The last 64 KiB that the guest wrote to its serial port and to the firmware's console, which includes the kernel's messages. The
    /// text is unfiltered and may contain control characters. May be read at any time, also after the end.
    /// </summary>
    public string SerialLog => _board.SerialLog;

    internal ulong? InstructionsRetired => _board.InstructionsRetired;

    /// <summary>
    /// Assembles a machine, loads the kernel and starts it. From this call on the machine owns the devices, even when this method throws.
    /// </summary>
    /// <param name="options">The parts and settings of the machine.</param>
    /// <param name="cancellationToken">Stops the loading; has no effect once the machine runs.</param>
    /// <exception cref="ArgumentException">An option is out of its range, or two contradict each other.</exception>
    /// <exception cref="BootException">The kernel or an initial ramdisk cannot be booted on this machine; the message says why.</exception>
    /// <exception cref="OperationCanceledException">The loading was cancelled.</exception>
    /// <exception cref="IOException">
    /// The host's KVM is missing, may not be opened, or refused an operation that the machine needs; the message says which.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">KVM was requested, and the host is not Linux on x86-64.</exception>
    /// <exception cref="OutOfMemoryException">The host cannot give the guest its memory.</exception>
    public static async Task<MicroVm> StartAsync(MicroVmOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);

        // On the pool: loading reads files and uncompresses them, which takes long.
        var board = await Task.Run(() => CreateBoardAsync(options, cancellationToken), CancellationToken.None).ConfigureAwait(false);
        try
        {
            board.Start();
        }
        catch
        {
            await board.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        MicroVmLog.Started(options.Logger, board.Machine, options.ProcessorCount, options.MemorySize, options.Kernel);
        return new MicroVm(board, options.Logger);
    }

    /// <summary>Starts a machine, waits for its end and disposes it: all that a guest needs that ends by itself.</summary>
    /// <param name="options">The parts and settings of the machine.</param>
    /// <param name="cancellationToken">
    /// Stops the machine; the result is then <see cref="MicroVmExitReason.Cancelled"/>. While the machine still loads, the token stops that
    /// and the method throws.
    /// </param>
    /// <exception cref="OperationCanceledException">The token was cancelled before the machine ran.</exception>
    public static async Task<MicroVmExit> RunAsync(MicroVmOptions options, CancellationToken cancellationToken = default)
    {
        await using var vm = await StartAsync(options, cancellationToken).ConfigureAwait(false);
        return await vm.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for the machine's end.</summary>
    /// <param name="cancellationToken">
    /// Stops the machine within a second. The task does not throw for it: its result is <see cref="MicroVmExitReason.Cancelled"/>, unless
    /// the guest ended first.
    /// </param>
    public async Task<MicroVmExit> WaitForExitAsync(CancellationToken cancellationToken = default)
    {
        using var registration = cancellationToken.Register(() => RequestStop(MicroVmExitReason.Cancelled));
        return await _exit.ConfigureAwait(false);
    }

    /// <summary>
    /// Stops the machine as if its power were cut, and waits until it has stopped. If the guest ended first, the result says how.
    /// </summary>
    public Task<MicroVmExit> StopAsync()
    {
        RequestStop(MicroVmExitReason.Stopped);
        return WaitForExitAsync();
    }

    /// <summary>
    /// Stops the machine, disposes its devices and frees its memory. All steps are done even if a device's disposal throws; its exception
    /// is thrown at the end.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        Task disposal;
        lock (_lock)
            disposal = _disposal ??= DisposeBoardAsync();
        await disposal.ConfigureAwait(false);
    }

    private static async Task<IBoard> CreateBoardAsync(MicroVmOptions options, CancellationToken cancellationToken)
    {
        MicroVmMachine machine;
        try
        {
            machine = MicroVmValidation.Check(options);
        }
        catch
        {
            await DeviceDisposal.DisposeAllAsync(options.Devices).ConfigureAwait(false);
            throw;
        }

        // The check lets only Linux on x86-64 choose KVM.
        return machine == MicroVmMachine.Kvm && OperatingSystem.IsLinux()
            ? await X86Board.CreateAsync(options, cancellationToken).ConfigureAwait(false)
            : await RiscvBoard.CreateAsync(options, cancellationToken).ConfigureAwait(false);
    }

    private async Task<MicroVmExit> ObserveAsync(ILogger logger)
    {
        var exit = await _board.Completion.ConfigureAwait(false);
        lock (_lock)
        {
            if (exit.Reason == MicroVmExitReason.Stopped && _stopReason is { } reason)
                exit = exit with { Reason = reason };
        }

        if (exit.Reason == MicroVmExitReason.Panic)
            MicroVmLog.Panicked(logger, exit.Detail);
        MicroVmLog.Ended(logger, exit.Reason);
        return exit;
    }

    private async Task DisposeBoardAsync()
    {
        // Leaves this thread first: the caller holds the lock until _disposal is assigned.
        await Task.Yield();
        await StopAsync().ConfigureAwait(false);
        await _board.DisposeAsync().ConfigureAwait(false);
    }

    private void RequestStop(MicroVmExitReason reason)
    {
        lock (_lock)
            _stopReason ??= reason;
        _board.RequestStop();
    }
}
