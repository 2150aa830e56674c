namespace Virtio.Vmm;

/// <summary>Why a microVM ended.</summary>
public enum MicroVmExitReason
{
    /// <summary>The guest powered itself off.</summary>
    PowerOff,

    /// <summary>The guest asked for a reboot. A microVM does not start again by itself.</summary>
    Reboot,

    /// <summary>
    /// The guest's kernel panicked, or caused an event that its processor could not survive. <see cref="MicroVmExit.Detail"/> holds the
    /// kernel's message if there was one, or describes the event.
    /// </summary>
    Panic,

    /// <summary>The host stopped the machine: <see cref="MicroVm.StopAsync"/> or disposal.</summary>
    Stopped,

    /// <summary>The token given to <see cref="MicroVm.WaitForExitAsync"/> or <see cref="MicroVm.RunAsync"/> was cancelled.</summary>
    Cancelled,

    /// <summary>The machine itself failed, an error on the host's side; <see cref="MicroVmExit.Detail"/> says more.</summary>
    Fault,
}
