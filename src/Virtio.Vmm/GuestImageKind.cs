namespace Virtio.Vmm;

/// <summary>The guest image of one architecture: what its folder and its kernel are called.</summary>
internal sealed record GuestImageKind(string Architecture, string KernelName)
{
    internal static readonly GuestImageKind Riscv64 = new("riscv64", "Image");
    internal static readonly GuestImageKind Amd64 = new("amd64", "vmlinuz");
    internal static readonly GuestImageKind[] All = [Riscv64, Amd64];

    /// <summary>Those that a machine boots, the one it prefers first.</summary>
    internal static GuestImageKind[] Of(MicroVmMachine machine) => machine switch
    {
        MicroVmMachine.Kvm => [Amd64],
        MicroVmMachine.Auto when MicroVmMachineChoice.HasKvm => [Amd64, Riscv64],
        _ => [Riscv64],
    };
}
