namespace Virtio.Vmm;

/// <summary>The guest image of one architecture.</summary>
/// <param name="Architecture">What its folder is called.</param>
/// <param name="KernelName">What its kernel is called.</param>
/// <param name="MemoryBeside">The bytes of memory that its kernel needs to boot beside those for its own image and for its ramdisks, as found by trying.</param>
internal sealed record GuestImageKind(string Architecture, string KernelName, ulong MemoryBeside)
{
    // The table of memory sections alone takes 32 MiB.
    internal static readonly GuestImageKind Riscv64 = new("riscv64", "Image", 42 << 20);

    // What the kernel takes to unpack itself is more than it takes afterwards.
    internal static readonly GuestImageKind Amd64 = new("amd64", "vmlinuz", 4 << 20);
    internal static readonly GuestImageKind[] All = [Riscv64, Amd64];

    /// <summary>Those that a machine boots, the one it prefers first.</summary>
    internal static GuestImageKind[] Of(MicroVmMachine machine) => machine switch
    {
        MicroVmMachine.Kvm => [Amd64],
        MicroVmMachine.Auto when MicroVmMachineChoice.HasKvm => [Amd64, Riscv64],
        _ => [Riscv64],
    };
}
