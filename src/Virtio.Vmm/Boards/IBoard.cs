namespace Virtio.Vmm.Boards;

/// <summary>
/// A machine that has been assembled and loaded. It is started once. Disposing it stops it, joins its threads and frees its memory.
/// The devices work until then and are disposed with the board.
/// </summary>
internal interface IBoard : IAsyncDisposable
{
    /// <summary>The kind of machine.</summary>
    MicroVmMachine Machine { get; }

    /// <summary>How the guest ended; <see cref="MicroVmExitReason.Stopped"/> after <see cref="RequestStop"/>. Never faults.</summary>
    Task<MicroVmExit> Completion { get; }

    /// <summary>The last output of the serial port.</summary>
    string SerialLog { get; }

    /// <summary>Instructions that all processors have retired, up to a few microseconds old; null where they are not counted.</summary>
    ulong? InstructionsRetired => null;

    /// <summary>Starts the guest.</summary>
    void Start();

    /// <summary>Asks the machine to stop soon. Any thread may call it, any number of times.</summary>
    void RequestStop();
}
