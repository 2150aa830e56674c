namespace Virtio.Kvm;

/// <summary>What a vCPU does in the life of a machine with several, with the numbers of linux/kvm.h (<c>KVM_MP_STATE_…</c>).</summary>
public enum KvmMpState
{
    /// <summary>It runs. The first vCPU starts like that, and all of them where the interrupt controllers are not in the kernel.</summary>
    Runnable = 0,

    /// <summary>It waits for an INIT. Every vCPU but the first starts like that.</summary>
    Uninitialized = 1,

    /// <summary>It has got an INIT and waits for a startup interrupt.</summary>
    InitReceived = 2,

    /// <summary>It has halted and waits for an interrupt.</summary>
    Halted = 3,

    /// <summary>It has got a startup interrupt and starts with the next run.</summary>
    StartupReceived = 4,
}
