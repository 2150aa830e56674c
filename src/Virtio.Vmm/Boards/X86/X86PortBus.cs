using Virtio.Vmm.Boards.Serial;

namespace Virtio.Vmm.Boards.X86;

/// <summary>
/// The I/O ports of the board, apart from those that KVM handles (interrupt controllers, timer). A wider access is one byte access to each
/// port that it covers, as on an ISA bus.
/// Ports without a device, including PCI's configuration ports, read as all ones and ignore writes. Thread-safe.
/// </summary>
internal sealed class X86PortBus(SerialPort serial, CmosClock clock)
{
    private const ushort KeyboardData = 0x60;
    private const ushort KeyboardCommand = 0x64;
    private const ushort ClockIndex = 0x70;
    private const ushort ClockData = 0x71;
    private const byte PulseReset = 0xfe;

    // Bit 0, "data available", is always set: a driver that drains the controller before it uses it gives up after a few bytes.
    // Bit 1 is clear, "ready for a command": a kernel that resets through the controller, as many do, need not wait.
    private const byte KeyboardStatus = 1;

    /// <summary>The first panic message that came out of the serial port, or null.</summary>
    public string? PanicMessage => serial.PanicMessage;

    /// <summary>Reads a port one or more times.</summary>
    /// <param name="port">The port, or the first port that the access covers.</param>
    /// <param name="size">Bytes of one access: 1, 2 or 4.</param>
    /// <param name="data">A whole number of accesses, one after the other.</param>
    public void Read(ushort port, int size, Span<byte> data)
    {
        for (var i = 0; i < data.Length; i++)
            data[i] = ReadByte(Covered(port, i % size));
    }

    /// <summary>Writes a port one or more times.</summary>
    /// <param name="port">The port, or the first port that the access covers.</param>
    /// <param name="size">Bytes of one access: 1, 2 or 4.</param>
    /// <param name="data">A whole number of accesses, one after the other.</param>
    /// <returns>The first power request among the bytes; the bytes after it are not written.</returns>
    public X86PowerRequest Write(ushort port, int size, ReadOnlySpan<byte> data)
    {
        for (var i = 0; i < data.Length; i++)
        {
            var request = WriteByte(Covered(port, i % size), data[i]);
            if (request != X86PowerRequest.None)
                return request;
        }

        return X86PowerRequest.None;
    }

    // The port after the highest is port 0.
    private static ushort Covered(ushort port, int offset) => unchecked((ushort)(port + offset));

    private static bool IsSerial(ushort port) => port is >= X86BoardLayout.SerialPort and < X86BoardLayout.SerialPort + 8;

    private byte ReadByte(ushort port) => port switch
    {
        _ when IsSerial(port) => (byte)serial.Uart.Read((ulong)(port - X86BoardLayout.SerialPort)),
        KeyboardData => 0,
        KeyboardCommand => KeyboardStatus,
        ClockData => clock.Read(),
        X86BoardLayout.SleepControlPort or X86BoardLayout.SleepStatusPort or X86BoardLayout.ResetPort => 0,
        _ => byte.MaxValue,
    };

    private X86PowerRequest WriteByte(ushort port, byte value)
    {
        switch (port)
        {
            case X86BoardLayout.SleepControlPort when (value & X86BoardLayout.PowerOffMask) == X86BoardLayout.PowerOffValue:
                return X86PowerRequest.PowerOff;
            case X86BoardLayout.ResetPort when value == X86BoardLayout.ResetValue:
            case KeyboardCommand when value == PulseReset:
                return X86PowerRequest.Reset;
            case ClockIndex:
                clock.Select(value);
                break;
            case var _ when IsSerial(port):
                serial.Uart.Write((ulong)(port - X86BoardLayout.SerialPort), value);
                break;
        }

        return X86PowerRequest.None;
    }
}
