namespace Virtio.Vmm.Linux;

/// <summary>Which processor a kernel is for.</summary>
internal enum KernelArchitecture
{
    /// <summary>It does not say, or it is no kernel.</summary>
    Unknown,

    /// <summary>64-bit RISC-V.</summary>
    Riscv64,

    /// <summary>x86, 32 or 64 bits.</summary>
    X86,

    /// <summary>64-bit Arm.</summary>
    Arm64,
}
