namespace Virtio.Vmm;

/// <summary>Which kind of machine, and with it which processor, runs a guest.</summary>
public enum MicroVmMachine
{
    /// <summary>
    /// What fits the kernel and this host: <see cref="Kvm"/> for an x86-64 kernel where KVM runs guests at the processor's speed, <see cref="Software"/> for a
    /// riscv64 kernel. <see cref="MicroVmMachineChoice"/> says which it is, and why.
    /// </summary>
    Auto,

    /// <summary>A RISC-V board whose processor is C#: needs no hypervisor and no rights, boots riscv64 kernels.</summary>
    Software,

    /// <summary>
    /// An x86-64 board on the host's own processors, through Linux's KVM: boots amd64 kernels at native speed. It takes any KVM that has the calls; whether that
    /// is one on which kernels get anywhere, <see cref="MicroVmMachineChoice.For"/> finds out.
    /// </summary>
    Kvm,
}
