using System.Text;
using Virtio.Memory;
using Virtio.Vmm.Boards.X86;

namespace Virtio.Vmm.Linux;

/// <summary>
/// Puts an x86-64 Linux and its initial ramdisks into guest memory: the kernel at its preferred address and the ramdisks as high as
/// allowed. The structures that describe both and the machine go to the addresses of <see cref="X86BoardLayout"/>.
/// </summary>
internal static class X86LinuxLoader
{
    /// <summary>Fills memory, whose first region begins at zero.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="files">The files to load; the kernel is a bzImage, or an ELF file with a PVH entry, possibly compressed.</param>
    /// <param name="acpiRoot">The address of the ACPI root pointer; zero if there is none.</param>
    /// <param name="cancellationToken">Stops a long load.</param>
    /// <exception cref="BootException">The kernel or a ramdisk cannot be booted; the message says why.</exception>
    public static X86Boot Load(GuestMemory memory, LinuxFiles files, ulong acpiRoot, CancellationToken cancellationToken)
    {
        using var image = BootReading.Guard(files.Kernel, () => KernelFile.Open(files.Kernel));
        memory.TryWrite(X86BoardLayout.CommandLineAddress, Encoding.ASCII.GetBytes(files.CommandLine + '\0'));
        return KernelFormat.IsElf(image.Prefix)
            ? X86ElfLoader.Load(memory, image, files, acpiRoot, cancellationToken)
            : X86ImageLoader.Load(memory, image, files, acpiRoot, cancellationToken);
    }
}
