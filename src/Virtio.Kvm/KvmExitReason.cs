namespace Virtio.Kvm;

/// <summary>Why the guest stopped running, with the numbers of linux/kvm.h (<c>KVM_EXIT_…</c>). KVM may give numbers that are not listed.</summary>
public enum KvmExitReason
{
    /// <summary>The processor stopped for a reason that KVM does not know.</summary>
    Unknown = 0,

    /// <summary>A port was accessed: <see cref="KvmVcpu.Port"/>.</summary>
    Port = 2,

    /// <summary>The guest halted. Not given where the interrupt controllers are in the kernel: there a halted vCPU waits inside <see cref="KvmVcpu.Run"/>.</summary>
    Halt = 5,

    /// <summary>Guest-physical memory without a slot was accessed: <see cref="KvmVcpu.Mmio"/>.</summary>
    Mmio = 6,

    /// <summary>The processor shut down, as after a triple fault.</summary>
    Shutdown = 8,

    /// <summary>The processor did not take the guest's state: <see cref="KvmVcpu.EntryFailure"/>.</summary>
    FailedEntry = 9,

    /// <summary>An exit was requested, or a signal came, or a vCPU that waited to be started was. The guest may be run again.</summary>
    Interrupted = 10,

    /// <summary>KVM met what it cannot do: <see cref="KvmVcpu.InternalError"/>.</summary>
    InternalError = 17,

    /// <summary>The guest asked for something of the whole machine: <see cref="KvmVcpu.SystemEvent"/>.</summary>
    SystemEvent = 24,
}
