namespace Virtio.Vmm;

/// <summary>The kind of machine, and with it the processor, that runs a guest.</summary>
public enum MicroVmMachine
{
    /// <summary>
    /// The kind that fits the kernel and this host: <see cref="Kvm"/> for an x86-64 kernel where KVM runs guests at the processor's speed,
    /// <see cref="Software"/> for a riscv64 kernel. <see cref="MicroVmMachineChoice"/> says which kind it is, and why.
    /// </summary>
    Auto,

    /// <summary>
    /// A RISC-V board with a processor written in C#. It needs no hypervisor and no privileges, and boots riscv64 kernels.
    /// </summary>
    Software,

    /// <summary>
    /// An x86-64 board on the host's own processors, through Linux's KVM. It boots amd64 kernels at native speed. It accepts any KVM that
    /// has the necessary calls; <see cref="MicroVmMachineChoice.For"/> finds out whether that KVM is fast enough to boot kernels.
    /// </summary>
    Kvm,
}
