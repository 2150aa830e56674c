namespace Virtio.Kvm;

/// <summary>
/// Why the guest stopped running, with the numbers of linux/kvm.h (<c>KVM_EXIT_…</c>). KVM may return unlisted numbers.
/// </summary>
public enum KvmExitReason
{
    /// <summary>The processor stopped for a reason that KVM does not know.</summary>
    Unknown = 0,

    /// <summary>The guest accessed a port: <see cref="KvmVcpu.Port"/>.</summary>
    Port = 2,

    /// <summary>
    /// The guest halted. Does not occur with interrupt controllers in the kernel: there a halted vCPU waits inside
    /// <see cref="KvmVcpu.Run"/>.
    /// </summary>
    Halt = 5,

    /// <summary>The guest accessed guest-physical memory without a slot: <see cref="KvmVcpu.Mmio"/>.</summary>
    Mmio = 6,

    /// <summary>The processor shut down, as after a triple fault.</summary>
    Shutdown = 8,

    /// <summary>The processor rejected the guest's state: <see cref="KvmVcpu.EntryFailure"/>.</summary>
    FailedEntry = 9,

    /// <summary>
    /// An exit was requested, a signal arrived, or a vCPU that waited to be started was started. The guest may be run again.
    /// </summary>
    Interrupted = 10,

    /// <summary>KVM met a condition that it cannot handle: <see cref="KvmVcpu.InternalError"/>.</summary>
    InternalError = 17,

    /// <summary>The guest made a request that concerns the whole machine: <see cref="KvmVcpu.SystemEvent"/>.</summary>
    SystemEvent = 24,
}
