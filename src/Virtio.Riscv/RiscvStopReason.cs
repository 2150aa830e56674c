namespace Virtio.Riscv;

/// <summary>Why a machine stopped.</summary>
public enum RiscvStopReason
{
    /// <summary>The embedder requested the stop.</summary>
    Stopped,

    /// <summary>The guest shut itself down.</summary>
    Shutdown,

    /// <summary>The guest requested a cold or warm reboot.</summary>
    Reboot,

    /// <summary>The guest reset itself and gave a system failure as the reason (SBI SRST reason 1).</summary>
    SystemFailure,

    /// <summary>The embedder's bus or console threw; <see cref="RiscvMachine.Failure"/> holds the exception.</summary>
    Fault,
}
