namespace Virtio.Vmm.Boards;

/// <summary>
/// A machine that has been put together and loaded. It is started once; disposing it stops it, joins its threads and frees its memory. The devices stay
/// whole until then, and are disposed with it.
/// </summary>
internal interface IBoard : IAsyncDisposable
{
    /// <summary>Which kind it is.</summary>
    MicroVmMachine Machine { get; }

    /// <summary>How it ended; <see cref="MicroVmExitReason.Stopped"/> after <see cref="RequestStop"/>. Never faults.</summary>
    Task<MicroVmExit> Completion { get; }

    /// <summary>The last output of the serial port.</summary>
    string SerialLog { get; }

    /// <summary>Instructions that all processors have retired, as of a few microseconds ago; null where they are not counted.</summary>
    ulong? InstructionsRetired => null;

    /// <summary>Lets the guest run.</summary>
    void Start();

    /// <summary>Asks it to stop soon. Any thread, any number of times.</summary>
    void RequestStop();
}
