namespace Virtio.Vmm;

/// <summary>Which kind of machine, and with it which processor, runs a guest.</summary>
public enum MicroVmMachine
{
    /// <summary>The best that this host can do. Today that is always <see cref="Software"/>.</summary>
    Auto,

    /// <summary>A RISC-V board whose processor is C#: needs no hypervisor and no rights, boots riscv64 kernels.</summary>
    Software,

    /// <summary>An x86-64 board on the host's own processors, through Linux's KVM: boots amd64 kernels at native speed.</summary>
    Kvm,
}
