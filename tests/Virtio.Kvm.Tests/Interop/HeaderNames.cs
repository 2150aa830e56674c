namespace Virtio.Kvm.Tests.Interop;

/// <summary>The names in linux/kvm.h of the members of this library's enumerations.</summary>
internal static class HeaderNames
{
    internal static readonly Dictionary<KvmCapability, string> Capabilities = new()
    {
        [KvmCapability.InterruptController] = "KVM_CAP_IRQCHIP",
        [KvmCapability.UserMemory] = "KVM_CAP_USER_MEMORY",
        [KvmCapability.SetTssAddress] = "KVM_CAP_SET_TSS_ADDR",
        [KvmCapability.ExtendedCpuid] = "KVM_CAP_EXT_CPUID",
        [KvmCapability.RecommendedVcpuCount] = "KVM_CAP_NR_VCPUS",
        [KvmCapability.MemorySlotCount] = "KVM_CAP_NR_MEMSLOTS",
        [KvmCapability.MpState] = "KVM_CAP_MP_STATE",
        [KvmCapability.DestroyMemoryRegionWorks] = "KVM_CAP_DESTROY_MEMORY_REGION_WORKS",
        [KvmCapability.InterruptEvent] = "KVM_CAP_IRQFD",
        [KvmCapability.Pit] = "KVM_CAP_PIT2",
        [KvmCapability.IoEvent] = "KVM_CAP_IOEVENTFD",
        [KvmCapability.SetIdentityMapAddress] = "KVM_CAP_SET_IDENTITY_MAP_ADDR",
        [KvmCapability.TscControl] = "KVM_CAP_TSC_CONTROL",
        [KvmCapability.GetTscFrequency] = "KVM_CAP_GET_TSC_KHZ",
        [KvmCapability.MaximumVcpuCount] = "KVM_CAP_MAX_VCPUS",
        [KvmCapability.TscDeadlineTimer] = "KVM_CAP_TSC_DEADLINE_TIMER",
        [KvmCapability.EnableCapability] = "KVM_CAP_ENABLE_CAP_VM",
        [KvmCapability.IoEventWithoutLength] = "KVM_CAP_IOEVENTFD_NO_LENGTH",
        [KvmCapability.MaximumVcpuId] = "KVM_CAP_MAX_VCPU_ID",
        [KvmCapability.X2ApicApi] = "KVM_CAP_X2APIC_API",
        [KvmCapability.ImmediateExit] = "KVM_CAP_IMMEDIATE_EXIT",
    };

    internal static readonly Dictionary<KvmExitReason, string> ExitReasons = new()
    {
        [KvmExitReason.Unknown] = "KVM_EXIT_UNKNOWN",
        [KvmExitReason.Port] = "KVM_EXIT_IO",
        [KvmExitReason.Halt] = "KVM_EXIT_HLT",
        [KvmExitReason.Mmio] = "KVM_EXIT_MMIO",
        [KvmExitReason.Shutdown] = "KVM_EXIT_SHUTDOWN",
        [KvmExitReason.FailedEntry] = "KVM_EXIT_FAIL_ENTRY",
        [KvmExitReason.Interrupted] = "KVM_EXIT_INTR",
        [KvmExitReason.InternalError] = "KVM_EXIT_INTERNAL_ERROR",
        [KvmExitReason.SystemEvent] = "KVM_EXIT_SYSTEM_EVENT",
    };

    internal static readonly Dictionary<KvmMpState, string> MpStates = new()
    {
        [KvmMpState.Runnable] = "KVM_MP_STATE_RUNNABLE",
        [KvmMpState.Uninitialized] = "KVM_MP_STATE_UNINITIALIZED",
        [KvmMpState.InitReceived] = "KVM_MP_STATE_INIT_RECEIVED",
        [KvmMpState.Halted] = "KVM_MP_STATE_HALTED",
        [KvmMpState.StartupReceived] = "KVM_MP_STATE_SIPI_RECEIVED",
    };

    internal static readonly Dictionary<KvmSystemEvent, string> SystemEvents = new()
    {
        [KvmSystemEvent.Shutdown] = "KVM_SYSTEM_EVENT_SHUTDOWN",
        [KvmSystemEvent.Reset] = "KVM_SYSTEM_EVENT_RESET",
        [KvmSystemEvent.Crash] = "KVM_SYSTEM_EVENT_CRASH",
    };
}
