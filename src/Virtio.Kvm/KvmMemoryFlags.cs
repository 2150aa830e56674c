namespace Virtio.Kvm;

/// <summary>Properties of a memory slot, with the bits of linux/kvm.h (<c>KVM_MEM_…</c>).</summary>
[Flags]
public enum KvmMemoryFlags
{
    /// <summary>Ordinary memory.</summary>
    None = 0,

    /// <summary>KVM records the pages that were written.</summary>
    LogDirtyPages = 1,

    /// <summary>The guest's writes exit as <see cref="KvmExitReason.Mmio"/>.</summary>
    ReadOnly = 2,
}
