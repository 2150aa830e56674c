namespace Virtio.Kvm;

/// <summary>
/// A guest's request about the whole machine, with the numbers of linux/kvm.h (<c>KVM_SYSTEM_EVENT_…</c>). Others may occur.
/// </summary>
public enum KvmSystemEvent
{
    /// <summary>Power off.</summary>
    Shutdown = 1,

    /// <summary>Reset.</summary>
    Reset = 2,

    /// <summary>The guest crashed.</summary>
    Crash = 3,
}
