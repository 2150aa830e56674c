namespace Virtio.Vmm.Linux;

/// <summary>
/// Refuses a machine with less memory than the kernel of a guest image needs to boot. The needs of other kernels are not known.
/// </summary>
internal static class BootMemory
{
    // The kernel keeps the ramdisks while it unpacks them,
    // into a file system that takes at most half of the remaining memory (tmpfs, "size=50%").
    private const ulong TimesRamdisks = 3;
    private const ulong Step = 2 << 20; // the granularity of MemorySize

    /// <summary>Throws if the memory is not enough.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="kernelSize">The memory that the kernel's image takes, in bytes.</param>
    /// <param name="initrd">Its ramdisks; those of unknown length do not count.</param>
    /// <param name="memory">The guest's memory, in bytes.</param>
    /// <exception cref="BootException">The memory is not enough.</exception>
    public static void Require(BootSource kernel, ulong kernelSize, IReadOnlyList<BootSource> initrd, ulong memory)
    {
        if (kernel.MemoryBeside is not { } beside)
            return;
        var ramdisks = initrd.Aggregate(0UL, (sum, source) => sum + source.KnownLength);
        var least = (kernelSize + beside + TimesRamdisks * ramdisks + Step - 1) / Step * Step;
        if (memory < least)
        {
            throw new BootException(
                $"{BootReading.Size(memory)} of memory are too little for '{kernel}' and its initial ramdisks: "
                + $"they need {BootReading.Size(least)} to boot; give the guest at least that much");
        }
    }
}
