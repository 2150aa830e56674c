namespace Virtio.Kvm.Interop;

/// <summary>A KVM request: its number, and its name in linux/kvm.h for error messages.</summary>
internal readonly record struct KvmRequest(uint Number, string Name)
{
    internal static readonly KvmRequest GetApiVersion = new(0xae00, "KVM_GET_API_VERSION");
    internal static readonly KvmRequest CreateVm = new(0xae01, "KVM_CREATE_VM");
    internal static readonly KvmRequest GetMsrIndexList = new(0xc004ae02, "KVM_GET_MSR_INDEX_LIST");
    internal static readonly KvmRequest CheckExtension = new(0xae03, "KVM_CHECK_EXTENSION");
    internal static readonly KvmRequest GetVcpuMapSize = new(0xae04, "KVM_GET_VCPU_MMAP_SIZE");
    internal static readonly KvmRequest GetSupportedCpuid = new(0xc008ae05, "KVM_GET_SUPPORTED_CPUID");

    internal static readonly KvmRequest CreateVcpu = new(0xae41, "KVM_CREATE_VCPU");
    internal static readonly KvmRequest SetUserMemoryRegion = new(0x4020ae46, "KVM_SET_USER_MEMORY_REGION");
    internal static readonly KvmRequest SetTssAddress = new(0xae47, "KVM_SET_TSS_ADDR");
    internal static readonly KvmRequest SetIdentityMapAddress = new(0x4008ae48, "KVM_SET_IDENTITY_MAP_ADDR");
    internal static readonly KvmRequest CreateInterruptController = new(0xae60, "KVM_CREATE_IRQCHIP");
    internal static readonly KvmRequest SetInterruptLine = new(0x4008ae61, "KVM_IRQ_LINE");
    internal static readonly KvmRequest SetInterruptEvent = new(0x4020ae76, "KVM_IRQFD");
    internal static readonly KvmRequest CreatePit = new(0x4040ae77, "KVM_CREATE_PIT2");
    internal static readonly KvmRequest SetIoEvent = new(0x4040ae79, "KVM_IOEVENTFD");
    internal static readonly KvmRequest EnableCapability = new(0x4068aea3, "KVM_ENABLE_CAP");

    internal static readonly KvmRequest Run = new(0xae80, "KVM_RUN");
    internal static readonly KvmRequest GetRegisters = new(0x8090ae81, "KVM_GET_REGS");
    internal static readonly KvmRequest SetRegisters = new(0x4090ae82, "KVM_SET_REGS");
    internal static readonly KvmRequest GetSpecialRegisters = new(0x8138ae83, "KVM_GET_SREGS");
    internal static readonly KvmRequest SetSpecialRegisters = new(0x4138ae84, "KVM_SET_SREGS");
    internal static readonly KvmRequest GetMsrs = new(0xc008ae88, "KVM_GET_MSRS");
    internal static readonly KvmRequest SetMsrs = new(0x4008ae89, "KVM_SET_MSRS");
    internal static readonly KvmRequest SetSignalMask = new(0x4004ae8b, "KVM_SET_SIGNAL_MASK");
    internal static readonly KvmRequest GetFloatingPoint = new(0x81a0ae8c, "KVM_GET_FPU");
    internal static readonly KvmRequest SetFloatingPoint = new(0x41a0ae8d, "KVM_SET_FPU");
    internal static readonly KvmRequest GetLocalApic = new(0x8400ae8e, "KVM_GET_LAPIC");
    internal static readonly KvmRequest SetLocalApic = new(0x4400ae8f, "KVM_SET_LAPIC");
    internal static readonly KvmRequest SetCpuid = new(0x4008ae90, "KVM_SET_CPUID2");
    internal static readonly KvmRequest GetMpState = new(0x8004ae98, "KVM_GET_MP_STATE");
    internal static readonly KvmRequest SetMpState = new(0x4004ae99, "KVM_SET_MP_STATE");
    internal static readonly KvmRequest SetTscFrequency = new(0xaea2, "KVM_SET_TSC_KHZ");
    internal static readonly KvmRequest GetTscFrequency = new(0xaea3, "KVM_GET_TSC_KHZ");
    internal static readonly KvmRequest MarkPaused = new(0xaead, "KVM_KVMCLOCK_CTRL");
}
