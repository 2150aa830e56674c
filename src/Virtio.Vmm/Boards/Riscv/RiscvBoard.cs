using Virtio.Memory;
using Virtio.Transports.Mmio;
using Virtio.Vmm.Boards.Serial;
using Virtio.Vmm.Linux;

namespace Virtio.Vmm.Boards.Riscv;

/// <summary>The RISC-V board: harts in C#, memory, a PLIC, a 16550 and virtio-mmio devices.</summary>
internal sealed class RiscvBoard : IBoard
{
    private readonly GuestMemory _memory;
    private readonly SerialPort _serial;
    private readonly MmioBus _virtio;
    private readonly Plic _plic;
    private LinuxBoot _boot;

    private RiscvBoard(MicroVmOptions options)
    {
        _memory = GuestMemory.Allocate((RiscvBoardLayout.MemoryAddress, (ulong)options.MemorySize));
        _plic = new Plic(options.ProcessorCount, SetExternalInterrupt);
        _serial = new SerialPort(
            options.SerialOutput, options.SerialInput, asserted => _plic.SetLevel(RiscvBoardLayout.UartInterrupt, asserted), options.Logger);
        var busOptions = new MmioBusOptions
        {
            BaseAddress = RiscvBoardLayout.VirtioAddress,
            DeviceSize = RiscvBoardLayout.VirtioStride,
            FirstInterrupt = RiscvBoardLayout.FirstVirtioInterrupt,
            Logger = options.Logger,
        };
        _virtio = new MmioBus(busOptions, _memory, options.Devices, _plic.SetLevel);
    }

    /// <inheritdoc/>
    public MicroVmMachine Machine => MicroVmMachine.Software;

    /// <inheritdoc/>
    public Task<MicroVmExit> Completion => throw new NotSupportedException("the processor is not there yet");

    /// <inheritdoc/>
    public string SerialLog => _serial.Log;

    /// <summary>Puts a board together and loads its kernel. The options have been checked; the devices are the board's, also when this throws.</summary>
    public static async Task<RiscvBoard> CreateAsync(MicroVmOptions options, CancellationToken cancellationToken)
    {
        RiscvBoard board;
        try
        {
            board = new RiscvBoard(options);
        }
        catch
        {
            await DeviceDisposal.DisposeAllAsync(options.Devices).ConfigureAwait(false);
            throw;
        }

        try
        {
            board.Load(options, cancellationToken);
            return board;
        }
        catch
        {
            await board.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Start() => throw new NotSupportedException($"the processor is not there yet: {_boot}");

    /// <inheritdoc/>
    public void RequestStop()
    {
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // In any other order memory would be freed under a worker: first nobody may touch a device any more, then no device may touch memory.
        await _virtio.DisposeAsync().ConfigureAwait(false);
        await _serial.DisposeAsync().ConfigureAwait(false);
        _memory.Dispose();
    }

    private static void SetExternalInterrupt(int hart, bool asserted)
    {
    }

    private void Load(MicroVmOptions options, CancellationToken cancellationToken)
    {
        var area = new LoadArea(_memory, RiscvBoardLayout.MemoryAddress, (ulong)options.MemorySize);
        _boot = LinuxLoader.Load(area, options.Kernel, options.Initrd, initrd => DescribeTo(options, initrd), cancellationToken);
    }

    private byte[] DescribeTo(MicroVmOptions options, InitrdRange? initrd) => new RiscvDeviceTree
    {
        MemorySize = (ulong)options.MemorySize,
        HartCount = options.ProcessorCount,
        CommandLine = KernelCommandLine.For(options),
        VirtioDevices = [.. _virtio.Devices.Select(placed => (placed.Address, (ulong)placed.Size, placed.Interrupt))],
        Initrd = initrd,
    }.ToArray();
}
