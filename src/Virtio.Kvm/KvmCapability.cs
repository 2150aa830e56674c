namespace Virtio.Kvm;

/// <summary>Optional capabilities of KVM, with the numbers of linux/kvm.h (<c>KVM_CAP_…</c>). Others may be queried by number.</summary>
public enum KvmCapability
{
    /// <summary>Interrupt controllers in the kernel.</summary>
    InterruptController = 0,

    /// <summary>Guest memory that is mapped from this process.</summary>
    UserMemory = 3,

    /// <summary><see cref="KvmVm.SetTssAddress"/>.</summary>
    SetTssAddress = 4,

    /// <summary><see cref="KvmSystem.GetSupportedCpuid"/> and <see cref="KvmVcpu.SetCpuid"/>.</summary>
    ExtendedCpuid = 7,

    /// <summary>The recommended maximum number of vCPUs in a VM.</summary>
    RecommendedVcpuCount = 9,

    /// <summary>The number of memory slots in a VM.</summary>
    MemorySlotCount = 10,

    /// <summary><see cref="KvmVcpu.GetMpState"/>.</summary>
    MpState = 14,

    /// <summary>Removing a memory slot works.</summary>
    DestroyMemoryRegionWorks = 21,

    /// <summary><see cref="KvmVm.AddInterruptEvent"/>.</summary>
    InterruptEvent = 32,

    /// <summary><see cref="KvmVm.CreatePit"/>.</summary>
    Pit = 33,

    /// <summary><see cref="KvmVm.AddIoEvent"/>.</summary>
    IoEvent = 36,

    /// <summary><see cref="KvmVm.SetIdentityMapAddress"/>.</summary>
    SetIdentityMapAddress = 37,

    /// <summary><see cref="KvmVcpu.SetTscFrequency"/>.</summary>
    TscControl = 60,

    /// <summary><see cref="KvmVcpu.GetTscFrequency"/>.</summary>
    GetTscFrequency = 61,

    /// <summary>The maximum number of vCPUs in a VM.</summary>
    MaximumVcpuCount = 66,

    /// <summary>
    /// The local APIC's timer has the TSC-deadline mode, which <see cref="KvmSystem.GetSupportedCpuid"/> does not report.
    /// </summary>
    TscDeadlineTimer = 72,

    /// <summary><see cref="KvmVm.EnableCapability"/>.</summary>
    EnableCapability = 98,

    /// <summary><see cref="KvmIoEvent"/> of length 0 on memory.</summary>
    IoEventWithoutLength = 100,

    /// <summary>The largest number of a vCPU, plus one.</summary>
    MaximumVcpuId = 128,

    /// <summary>x2APIC with more than 255 processors.</summary>
    X2ApicApi = 129,

    /// <summary>Required by <see cref="KvmVcpu.RequestExit"/>.</summary>
    ImmediateExit = 136,
}
