namespace Virtio.Kvm;

/// <summary>The multiprocessing state of a vCPU, with the numbers of linux/kvm.h (<c>KVM_MP_STATE_…</c>).</summary>
public enum KvmMpState
{
    /// <summary>It runs. The first vCPU starts in this state, and so do all vCPUs without interrupt controllers in the kernel.</summary>
    Runnable = 0,

    /// <summary>It waits for an INIT. Every vCPU but the first starts in this state.</summary>
    Uninitialized = 1,

    /// <summary>It has received an INIT and waits for a startup interrupt.</summary>
    InitReceived = 2,

    /// <summary>It has halted and waits for an interrupt.</summary>
    Halted = 3,

    /// <summary>It has received a startup interrupt and starts with the next run.</summary>
    StartupReceived = 4,
}
