using System.Text;
using Microsoft.Extensions.Logging;

namespace Virtio.Vmm.Boards.Serial;

/// <summary>
/// A board's serial port with its UART, the host's streams, the log of the latest output, and the watch for a kernel panic. Thread-safe.
/// </summary>
internal sealed class SerialPort : IAsyncDisposable
{
    private const int FifoDepth = 16;

    private readonly Lock _lock = new();
    private readonly SerialLog _log = new();
    private readonly KernelPanicWatch _panic = new();
    private readonly FirmwareConsole _firmware;

    // Finds the end of a panic that an early console prints on the port itself.
    private readonly PhraseWatch _end = new(FirmwareConsole.EndOfPanic);
    private readonly SerialOutput? _output;
    private readonly SerialInput? _input;

    // The running or finished disposal. Under the lock.
    private Task? _disposal;

    // The guest has written to the port itself. Under the lock.
    private bool _driven;

    /// <summary>Starts to serve the streams, which the caller keeps owning and which may be null.</summary>
    public SerialPort(Stream? output, Stream? input, FirmwareConsole firmware, Action<bool> setInterrupt, ILogger logger)
    {
        _firmware = firmware;
        Uart = new Uart16550(Transmit, CanTransmit, setInterrupt);
        if (output is not null)
        {
            _output = new SerialOutput(output, failure => MicroVmLog.SerialOutputFailed(logger, failure))
            {
                RoomMade = Uart.OnTransmitRoom,
            };
        }

        if (input is not null)
            _input = new SerialInput(input, Uart, failure => MicroVmLog.SerialInputFailed(logger, failure));
    }

    /// <summary>The UART.</summary>
    public Uart16550 Uart { get; }

    /// <summary>The first panic message the kernel has printed, or null.</summary>
    public string? PanicMessage
    {
        get
        {
            lock (_lock)
                return _panic.Message;
        }
    }

    /// <summary>
    /// Called, on a hart's thread, when the kernel has panicked before it read what to do on a panic: it will never go on.
    /// </summary>
    public Action? KernelDied { get; set; }

    /// <summary>The latest output, from the port and from the firmware's console.</summary>
    public string Log
    {
        get
        {
            lock (_lock)
                return _log.ToString() + (_driven ? "" : _firmware.Held);
        }
    }

    /// <summary>
    /// Takes text that the kernel writes to the firmware's console. It goes to the port's output, or is dropped while there is no room.
    /// </summary>
    public void WriteFirmware(ReadOnlySpan<byte> data)
    {
        var died = false;
        lock (_lock)
        {
            foreach (var value in data)
            {
                died |= _firmware.Observe(value);
                _panic.Observe(value);
                if (!_firmware.IsHeldBack)
                    _log.Add(value);
            }
        }

        if (!_firmware.IsHeldBack)
            _output?.Append(data);
        if (died)
            KernelDied?.Invoke();
    }

    /// <summary>
    /// Ends the streams' tasks. Output that was accepted is given to its stream if the stream takes it soon.
    /// May be called any number of times.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        Task disposal;
        lock (_lock)
            disposal = _disposal ??= DisposeStreamsAsync();
        await disposal.ConfigureAwait(false);
    }

    private async Task DisposeStreamsAsync()
    {
        await Task.Yield(); // the caller holds the lock until _disposal is assigned
        if (_input is not null)
            await _input.DisposeAsync().ConfigureAwait(false);
        if (_output is null)
            return;

        if (!_driven)
            _output.Append(Encoding.UTF8.GetBytes(_firmware.Held));
        await _output.DisposeAsync().ConfigureAwait(false);
    }

    private bool CanTransmit() => _output is null || _output.Room >= FifoDepth;

    private bool Transmit(byte value)
    {
        bool died;
        lock (_lock)
        {
            _driven = true;
            _log.Add(value);
            _panic.Observe(value);
            died = !Uart.IsDriven && _end.Observe(value);
        }

        if (died)
            KernelDied?.Invoke();
        return _output is null || _output.Append([value]) == 1;
    }
}
