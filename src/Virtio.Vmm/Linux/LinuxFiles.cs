namespace Virtio.Vmm.Linux;

/// <summary>What a loader loads.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Initrd">Archives to be one behind the other in memory.</param>
/// <param name="CommandLine">The kernel's parameters.</param>
internal sealed record LinuxFiles(BootSource Kernel, IReadOnlyList<BootSource> Initrd, string CommandLine);
