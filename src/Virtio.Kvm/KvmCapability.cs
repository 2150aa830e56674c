namespace Virtio.Kvm;

/// <summary>What a KVM may or may not be able to do, with the numbers of linux/kvm.h (<c>KVM_CAP_…</c>). Others may be asked for by number.</summary>
public enum KvmCapability
{
    /// <summary>Interrupt controllers in the kernel.</summary>
    InterruptController = 0,

    /// <summary>Guest memory that is memory of this process.</summary>
    UserMemory = 3,

    /// <summary><see cref="KvmVm.SetTssAddress"/>.</summary>
    SetTssAddress = 4,

    /// <summary><see cref="KvmSystem.GetSupportedCpuid"/> and <see cref="KvmVcpu.SetCpuid"/>.</summary>
    ExtendedCpuid = 7,

    /// <summary>How many vCPUs a VM had better not exceed.</summary>
    RecommendedVcpuCount = 9,

    /// <summary>How many memory slots a VM has.</summary>
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

    /// <summary>How many vCPUs a VM can have.</summary>
    MaximumVcpuCount = 66,

    /// <summary>The local APIC has a timer by TSC deadline, which <see cref="KvmSystem.GetSupportedCpuid"/> does not say.</summary>
    TscDeadlineTimer = 72,

    /// <summary><see cref="KvmVm.EnableCapability"/>.</summary>
    EnableCapability = 98,

    /// <summary><see cref="KvmIoEvent"/> of length 0 on memory.</summary>
    IoEventWithoutLength = 100,

    /// <summary>The largest number of a vCPU, plus one.</summary>
    MaximumVcpuId = 128,

    /// <summary>x2APIC with more than 255 processors.</summary>
    X2ApicApi = 129,

    /// <summary>What <see cref="KvmVcpu.RequestExit"/> needs.</summary>
    ImmediateExit = 136,
}
