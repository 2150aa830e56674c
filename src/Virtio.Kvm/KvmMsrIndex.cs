namespace Virtio.Kvm;

/// <summary>Model-specific registers that a machine sets before its kernel starts, by the names of the processors' manuals.</summary>
public static class KvmMsrIndex
{
    /// <summary>IA32_TIME_STAMP_COUNTER.</summary>
    public const uint TimeStampCounter = 0x10;

    /// <summary>IA32_APIC_BASE.</summary>
    public const uint ApicBase = 0x1b;

    /// <summary>IA32_SYSENTER_CS.</summary>
    public const uint SysenterCs = 0x174;

    /// <summary>IA32_SYSENTER_ESP.</summary>
    public const uint SysenterEsp = 0x175;

    /// <summary>IA32_SYSENTER_EIP.</summary>
    public const uint SysenterEip = 0x176;

    /// <summary>IA32_MISC_ENABLE; bit 0 enables fast string instructions.</summary>
    public const uint MiscEnable = 0x1a0;

    /// <summary>IA32_MTRR_DEF_TYPE; bit 11 enables the memory types, 6 in the low bits is write-back.</summary>
    public const uint MtrrDefaultType = 0x2ff;

    /// <summary>IA32_EFER.</summary>
    public const uint Efer = 0xc0000080;

    /// <summary>IA32_STAR.</summary>
    public const uint Star = 0xc0000081;

    /// <summary>IA32_LSTAR.</summary>
    public const uint LongStar = 0xc0000082;

    /// <summary>IA32_CSTAR.</summary>
    public const uint CompatibilityStar = 0xc0000083;

    /// <summary>IA32_FMASK.</summary>
    public const uint SyscallMask = 0xc0000084;

    /// <summary>IA32_KERNEL_GS_BASE.</summary>
    public const uint KernelGsBase = 0xc0000102;
}
