namespace Virtio.Kvm;

/// <summary>What a guest asked for of the whole machine, with the numbers of linux/kvm.h (<c>KVM_SYSTEM_EVENT_…</c>). Others may come.</summary>
public enum KvmSystemEvent
{
    /// <summary>To be switched off.</summary>
    Shutdown = 1,

    /// <summary>To be reset.</summary>
    Reset = 2,

    /// <summary>It crashed.</summary>
    Crash = 3,
}
