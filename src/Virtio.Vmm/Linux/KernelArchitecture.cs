namespace Virtio.Vmm.Linux;

/// <summary>The processor architecture that a kernel is for.</summary>
internal enum KernelArchitecture
{
    /// <summary>Not known, or the file is not a kernel.</summary>
    Unknown,

    /// <summary>64-bit RISC-V.</summary>
    Riscv64,

    /// <summary>x86, 32 or 64 bits.</summary>
    X86,

    /// <summary>64-bit Arm.</summary>
    Arm64,
}
