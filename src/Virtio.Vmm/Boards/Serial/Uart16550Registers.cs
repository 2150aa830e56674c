namespace Virtio.Vmm.Boards.Serial;

/// <summary>The interrupt enable register.</summary>
[Flags]
internal enum InterruptEnable : byte
{
    ReceivedData = 1,
    TransmitterEmpty = 2,
    LineStatus = 4,
    ModemStatus = 8,
    All = 15,
}

/// <summary>The line status register.</summary>
[Flags]
internal enum LineStatus : byte
{
    DataReady = 1,
    OverrunError = 2,
    TransmitterHoldingEmpty = 0x20,
    TransmitterEmpty = 0x40,
}

/// <summary>The modem control register.</summary>
[Flags]
internal enum ModemControl : byte
{
    TerminalReady = 1,
    RequestToSend = 2,
    Out1 = 4,
    Out2 = 8,
    Loopback = 16,
    All = 31,
}

/// <summary>The modem status register: changes since the last read, then the lines.</summary>
[Flags]
internal enum ModemStatus : byte
{
    None = 0,
    RingTrailingEdge = 4,
    Deltas = 15,
    ClearToSend = 0x10,
    DataSetReady = 0x20,
    Ring = 0x40,
    CarrierDetect = 0x80,
}

/// <summary>The lowest four bits of a 16550's interrupt identification register.</summary>
internal enum InterruptSource : byte
{
    ModemStatus = 0,
    None = 1,
    TransmitterEmpty = 2,
    ReceivedData = 4,
    LineStatus = 6,
    ReceiveTimeout = 12,
}
