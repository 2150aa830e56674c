namespace Virtio.Vmm;

/// <summary>The guest image of one architecture.</summary>
/// <param name="Architecture">The name of its folder.</param>
/// <param name="KernelName">The file name of its kernel.</param>
/// <param name="Package">The name of its package.</param>
/// <param name="MemoryBeside">
/// The bytes of memory that its kernel needs to boot beyond its own image and its ramdisks, found by experiment.
/// </param>
internal sealed record GuestImageKind(string Architecture, string KernelName, string Package, ulong MemoryBeside)
{
    // The table of memory sections alone takes 32 MiB.
    internal static readonly GuestImageKind Riscv64 = new("riscv64", "Image", "Virtio.Guest.Riscv64", 42 << 20);

    // The kernel needs more memory to unpack itself than it needs afterwards.
    internal static readonly GuestImageKind Amd64 = new("amd64", "vmlinuz", "Virtio.Guest.Amd64", 4 << 20);
    internal static readonly GuestImageKind[] All = [Riscv64, Amd64];

    /// <summary>
    /// The name of the program setting that the image's package adds: the image's folder on the machine that built the program.
    /// </summary>
    internal string PackageSetting => $"Virtio.Guest.{Architecture}";

    /// <summary>The images that a machine boots, the preferred one first.</summary>
    internal static GuestImageKind[] Of(MicroVmMachine machine) => machine switch
    {
        MicroVmMachine.Kvm => [Amd64],
        MicroVmMachine.Auto when MicroVmMachineChoice.HasKvm => [Amd64, Riscv64],
        _ => [Riscv64],
    };
}
