namespace Virtio.Vmm.Boards.Serial;

/// <summary>
/// A 16550A serial port, registers one byte apart. The line is infinitely fast: bytes that the guest sends leave at once while the host has
/// room, and "transmitter empty" is clear while it has none. Thread-safe.
/// </summary>
/// <remarks>
/// A wider access touches the register it begins at, in its lowest byte. Beyond the eight registers, reads are zero and writes do nothing.
/// </remarks>
internal sealed class Uart16550
{
    /// <summary>How much address space the registers take.</summary>
    public const ulong Size = 0x100;

    /// <summary>
    /// The most received bytes that wait for the guest: more than the 16 of the chip, so that pasted text does not cost a thread switch
    /// per 16 bytes.
    /// </summary>
    public const int ReceiveCapacity = 256;

    private const int FifoDepth = 16;

    // Protects every mutable field below. It is held while the interrupt line is set.
    private readonly Lock _lock = new();
    private readonly Func<byte, bool> _transmit;
    private readonly Func<bool> _canTransmit;
    private readonly Action<bool> _setInterrupt;
    private readonly Queue<byte> _received = new(ReceiveCapacity);

    // Registers as the guest wrote them: IER, LCR, MCR, SCR, the divisor latch; FCR as the state of the FIFOs and the trigger in bytes.
    private InterruptEnable _interruptEnable;
    private byte _lineControl;
    private ModemControl _modemControl;
    private byte _scratch;
    private ushort _divisor = 1;
    private bool _fifoEnabled;
    private int _receiveTrigger = 1;
    private LineStatus _lineErrors; // since the last read of the line status register
    private ModemStatus _modemDeltas; // changes since the last read of the modem status register
    private bool _transmitterInterrupt; // "transmitter empty" is due; a read of the interrupt identification clears it
    private bool _transmitterBlocked; // the guest saw or caused a full transmitter: it gets an interrupt when there is room
    private bool _interrupt; // the level last given to _setInterrupt

    /// <summary>Creates a port.</summary>
    /// <param name="transmit">Takes a byte that the guest has sent; false when the byte was dropped. Must not wait.</param>
    /// <param name="canTransmit">Whether there is room for at least a full FIFO (16 bytes).</param>
    /// <param name="setInterrupt">Sets the level of the interrupt line.</param>
    public Uart16550(Func<byte, bool> transmit, Func<bool> canTransmit, Action<bool> setInterrupt)
    {
        _transmit = transmit;
        _canTransmit = canTransmit;
        _setInterrupt = setInterrupt;
    }

    /// <summary>Called, on a hart's thread, when a full receive buffer has room again.</summary>
    public Action? ReceiveRoomMade { get; set; }

    /// <summary>
    /// Whether a driver has ever enabled an interrupt. Until then only the kernel prints here, and no program of the guest. Read under the
    /// lock of the serial port.
    /// </summary>
    public bool IsDriven { get; private set; }

    private bool IsLoopback => _modemControl.HasFlag(ModemControl.Loopback);

    private bool HasReceiveRoom => !IsLoopback && _received.Count < ReceiveCapacity;

    private bool DivisorLatch => (_lineControl & 0x80) != 0;

    private bool IsTransmitterReady => IsLoopback || _canTransmit();

    /// <summary>Receives bytes from the line; returns the number that there was room for.</summary>
    public int Receive(ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            // In loopback the receiver is disconnected from the line: the sender keeps its bytes until the guest leaves loopback.
            var taken = IsLoopback ? 0 : Math.Min(data.Length, ReceiveCapacity - _received.Count);
            for (var i = 0; i < taken; i++)
                _received.Enqueue(data[i]);

            UpdateInterrupt();
            return taken;
        }
    }

    /// <summary>Reports that the result of <c>canTransmit</c> may have changed.</summary>
    public void OnTransmitRoom()
    {
        lock (_lock)
        {
            if (!_transmitterBlocked || !IsTransmitterReady)
                return;

            _transmitterBlocked = false;
            _transmitterInterrupt = _interruptEnable.HasFlag(InterruptEnable.TransmitterEmpty);
            UpdateInterrupt();
        }
    }

    /// <summary>Reads a register. Never fails.</summary>
    public ulong Read(ulong offset)
    {
        bool roomMade;
        byte value;
        lock (_lock)
        {
            var hadRoom = HasReceiveRoom;
            value = ReadRegister(offset);
            roomMade = !hadRoom && HasReceiveRoom;
            UpdateInterrupt();
        }

        if (roomMade)
            ReceiveRoomMade?.Invoke();
        return value;
    }

    /// <summary>Writes a register. Never fails.</summary>
    public void Write(ulong offset, ulong data)
    {
        var value = (byte)(data & 0xff);
        bool roomMade;
        lock (_lock)
        {
            var hadRoom = HasReceiveRoom;
            WriteRegister(offset, value);
            roomMade = !hadRoom && HasReceiveRoom;
            UpdateInterrupt();
        }

        if (roomMade)
            ReceiveRoomMade?.Invoke();
    }

    private byte ReadRegister(ulong offset) => offset switch
    {
        0 => DivisorLatch ? (byte)(_divisor & 0xff) : _received.TryDequeue(out var value) ? value : (byte)0,
        1 => DivisorLatch ? (byte)(_divisor >> 8) : (byte)_interruptEnable,
        2 => ReadInterruptIdentification(),
        3 => _lineControl,
        4 => (byte)_modemControl,
        5 => ReadLineStatus(),
        6 => ReadModemStatus(),
        7 => _scratch,
        _ => 0,
    };

    private void WriteRegister(ulong offset, byte value)
    {
        switch (offset)
        {
            case 0 when DivisorLatch:
                _divisor = (ushort)((_divisor & 0xff00) | value);
                break;
            case 0:
                Transmit(value);
                break;
            case 1 when DivisorLatch:
                _divisor = (ushort)((_divisor & 0xff) | value << 8);
                break;
            case 1:
                WriteInterruptEnable((InterruptEnable)value & InterruptEnable.All);
                break;
            case 2:
                WriteFifoControl(value);
                break;
            case 3:
                _lineControl = value;
                break;
            case 4:
                WriteModemControl((ModemControl)value & ModemControl.All);
                break;
            case 7:
                _scratch = value;
                break;
        }
    }

    private void Transmit(byte value)
    {
        if (!IsLoopback)
            _transmit(value);
        else if (_received.Count < FifoDepth)
            _received.Enqueue(value);
        else
            _lineErrors |= LineStatus.OverrunError;

        _transmitterBlocked = !IsTransmitterReady;
        _transmitterInterrupt = !_transmitterBlocked && _interruptEnable.HasFlag(InterruptEnable.TransmitterEmpty);
    }

    private void WriteInterruptEnable(InterruptEnable value)
    {
        // Enabling the interrupt while the transmitter is empty raises it again:
        // drivers test for this to detect a chip that loses interrupts.
        var enabled = value.HasFlag(InterruptEnable.TransmitterEmpty);
        if (!enabled || !_interruptEnable.HasFlag(InterruptEnable.TransmitterEmpty))
        {
            _transmitterBlocked = !IsTransmitterReady;
            _transmitterInterrupt = enabled && !_transmitterBlocked;
        }

        _interruptEnable = value;
        IsDriven |= value != 0;
    }

    private void WriteFifoControl(byte value)
    {
        var enable = (value & 1) != 0;
        if (enable != _fifoEnabled || (enable && (value & 2) != 0))
            _received.Clear();

        _fifoEnabled = enable;
        _receiveTrigger = !enable ? 1 : (value >> 6) switch { 0 => 1, 1 => 4, 2 => 8, _ => 14 };
    }

    private void WriteModemControl(ModemControl value)
    {
        var before = ModemLines();
        _modemControl = value;
        var changed = before ^ ModemLines();

        // Ring reports its falling edge only; the other lines report each change.
        var deltas = (ModemStatus)((int)changed >> 4) & ~ModemStatus.RingTrailingEdge & ModemStatus.Deltas;
        if (before.HasFlag(ModemStatus.Ring) && changed.HasFlag(ModemStatus.Ring))
            deltas |= ModemStatus.RingTrailingEdge;
        _modemDeltas |= deltas;
    }

    /// <summary>The modem's lines: in loopback the port's own outputs, else a peer that is always present.</summary>
    private ModemStatus ModemLines()
    {
        if (!IsLoopback)
            return ModemStatus.ClearToSend | ModemStatus.DataSetReady | ModemStatus.CarrierDetect;

        return (_modemControl.HasFlag(ModemControl.RequestToSend) ? ModemStatus.ClearToSend : 0)
            | (_modemControl.HasFlag(ModemControl.TerminalReady) ? ModemStatus.DataSetReady : 0)
            | (_modemControl.HasFlag(ModemControl.Out1) ? ModemStatus.Ring : 0)
            | (_modemControl.HasFlag(ModemControl.Out2) ? ModemStatus.CarrierDetect : 0);
    }

    private byte ReadLineStatus()
    {
        var status = _lineErrors;
        _lineErrors = 0;
        if (_received.Count > 0)
            status |= LineStatus.DataReady;
        if (IsTransmitterReady)
            status |= LineStatus.TransmitterHoldingEmpty | LineStatus.TransmitterEmpty;
        else
            _transmitterBlocked = true; // the guest saw no room and waits for the interrupt, even if the firmware's console took the room
        return (byte)status;
    }

    private byte ReadModemStatus()
    {
        var status = ModemLines() | _modemDeltas;
        _modemDeltas = ModemStatus.None;
        return (byte)status;
    }

    private byte ReadInterruptIdentification()
    {
        var identification = PendingInterrupt();
        if (identification == InterruptSource.TransmitterEmpty)
            _transmitterInterrupt = false;

        return (byte)((byte)identification | (_fifoEnabled ? 0xc0 : 0));
    }

    private InterruptSource PendingInterrupt()
    {
        if (_interruptEnable.HasFlag(InterruptEnable.LineStatus) && _lineErrors != 0)
            return InterruptSource.LineStatus;
        if (_interruptEnable.HasFlag(InterruptEnable.ReceivedData) && _received.Count > 0)
            return _received.Count >= _receiveTrigger ? InterruptSource.ReceivedData : InterruptSource.ReceiveTimeout;
        if (_interruptEnable.HasFlag(InterruptEnable.TransmitterEmpty) && _transmitterInterrupt)
            return InterruptSource.TransmitterEmpty;
        if (_interruptEnable.HasFlag(InterruptEnable.ModemStatus) && _modemDeltas != 0)
            return InterruptSource.ModemStatus;
        return InterruptSource.None;
    }

    private void UpdateInterrupt()
    {
        var interrupt = PendingInterrupt() != InterruptSource.None;
        if (interrupt == _interrupt)
            return;

        _interrupt = interrupt;
        _setInterrupt(interrupt);
    }
}
