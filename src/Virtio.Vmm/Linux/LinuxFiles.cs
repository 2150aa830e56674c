namespace Virtio.Vmm.Linux;

/// <summary>The files and parameters that a loader loads.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Initrd">Archives that are placed in memory one after the other.</param>
/// <param name="CommandLine">The kernel's parameters.</param>
internal sealed record LinuxFiles(BootSource Kernel, IReadOnlyList<BootSource> Initrd, string CommandLine);
