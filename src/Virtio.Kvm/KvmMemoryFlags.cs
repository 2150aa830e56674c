namespace Virtio.Kvm;

/// <summary>How a memory slot is, with the bits of linux/kvm.h (<c>KVM_MEM_…</c>).</summary>
[Flags]
public enum KvmMemoryFlags
{
    /// <summary>Ordinary memory.</summary>
    None = 0,

    /// <summary>KVM keeps a record of the pages that were written.</summary>
    LogDirtyPages = 1,

    /// <summary>The guest's writes leave as <see cref="KvmExitReason.Mmio"/>.</summary>
    ReadOnly = 2,
}
