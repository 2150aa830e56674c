using System.Buffers.Binary;
using Virtio.Riscv;
using Virtio.Transports.Mmio;
using Virtio.Vmm.Boards.Serial;

namespace Virtio.Vmm.Boards.Riscv;

/// <summary>Routes a hart's access outside memory to the device at that address. Thread-safe, as its devices are.</summary>
internal sealed class RiscvSystemBus : IRiscvBus
{
    private readonly Plic _plic;
    private readonly Uart16550 _uart;
    private readonly GoldfishClock _clock;
    private readonly MmioBus _virtio;

    /// <summary>Connects the devices.</summary>
    public RiscvSystemBus(Plic plic, Uart16550 uart, GoldfishClock clock, MmioBus virtio)
    {
        _plic = plic;
        _uart = uart;
        _clock = clock;
        _virtio = virtio;
    }

    /// <inheritdoc/>
    public bool TryRead(ulong address, int size, out ulong value)
    {
        value = 0;

        // The virtio devices first: a guest accesses them most often.
        Span<byte> data = stackalloc byte[sizeof(ulong)];
        data.Clear();
        if (_virtio.HandleMmio(address, data[..size], isWrite: false))
            value = BinaryPrimitives.ReadUInt64LittleEndian(data);
        else if (TryOffset(address, RiscvBoardLayout.PlicAddress, Plic.Size, out var offset))
            value = _plic.Read(offset, size);
        else if (TryOffset(address, RiscvBoardLayout.UartAddress, Uart16550.Size, out offset))
            value = _uart.Read(offset);
        else if (TryOffset(address, RiscvBoardLayout.ClockAddress, GoldfishClock.Size, out offset))
            value = _clock.Read(offset, size);
        else
            return false;

        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(ulong address, int size, ulong value)
    {
        Span<byte> data = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(data, value);
        if (_virtio.HandleMmio(address, data[..size], isWrite: true))
            return true;

        if (TryOffset(address, RiscvBoardLayout.PlicAddress, Plic.Size, out var offset))
            _plic.Write(offset, size, value);
        else if (TryOffset(address, RiscvBoardLayout.UartAddress, Uart16550.Size, out offset))
            _uart.Write(offset, value);
        else if (TryOffset(address, RiscvBoardLayout.ClockAddress, GoldfishClock.Size, out offset))
            _clock.Write(offset, size, value);
        else
            return false;

        return true;
    }

    private static bool TryOffset(ulong address, ulong start, ulong size, out ulong offset)
    {
        offset = unchecked(address - start);
        return offset < size;
    }
}
