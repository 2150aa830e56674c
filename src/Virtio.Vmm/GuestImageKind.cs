namespace Virtio.Vmm;

/// <summary>The guest image of one architecture.</summary>
/// <param name="Architecture">What its folder is called.</param>
/// <param name="KernelName">What its kernel is called.</param>
/// <param name="Package">What its package is called.</param>
/// <param name="MemoryBeside">The bytes of memory that its kernel needs to boot beside those for its own image and for its ramdisks, as found by trying.</param>
internal sealed record GuestImageKind(string Architecture, string KernelName, string Package, ulong MemoryBeside)
{
    // The table of memory sections alone takes 32 MiB.
    internal static readonly GuestImageKind Riscv64 = new("riscv64", "Image", "Virtio.Guest.Riscv64", 42 << 20);

    // What the kernel takes to unpack itself is more than it takes afterwards.
    internal static readonly GuestImageKind Amd64 = new("amd64", "vmlinuz", "Virtio.Guest.Amd64", 4 << 20);
    internal static readonly GuestImageKind[] All = [Riscv64, Amd64];

    /// <summary>The name of what the package with this image tells the program: where it is on the machine that the program was built on.</summary>
    internal string PackageSetting => $"Virtio.Guest.{Architecture}";

    /// <summary>Those that a machine boots, the one it prefers first.</summary>
    internal static GuestImageKind[] Of(MicroVmMachine machine) => machine switch
    {
        MicroVmMachine.Kvm => [Amd64],
        MicroVmMachine.Auto when MicroVmMachineChoice.HasKvm => [Amd64, Riscv64],
        _ => [Riscv64],
    };
}
