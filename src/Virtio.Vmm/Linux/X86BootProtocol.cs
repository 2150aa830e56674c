namespace Virtio.Vmm.Linux;

/// <summary>The processor state that an x86 kernel expects at its entry.</summary>
internal enum X86BootProtocol
{
    /// <summary>
    /// 64-bit code with its memory mapped, rsi at the zero page (Linux, Documentation/arch/x86/boot.rst, "64-bit Boot Protocol").
    /// </summary>
    Linux64,

    /// <summary>32-bit protected mode without paging, ebx at hvm_start_info (Xen, docs/misc/pvh.pandoc).</summary>
    Pvh,
}
