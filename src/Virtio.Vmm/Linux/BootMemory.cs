namespace Virtio.Vmm.Linux;

/// <summary>Refuses a machine with less memory than a kernel of a guest image boots with. Of other kernels it is not known what they need.</summary>
internal static class BootMemory
{
    // The kernel keeps the ramdisks while it unpacks them, into a file system that takes no more than half of the memory that is left (tmpfs, "size=50%").
    private const ulong TimesRamdisks = 3;
    private const ulong Step = 2 << 20; // what memory comes in

    /// <summary>Throws where the memory is not enough.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="kernelSize">How much memory it takes itself.</param>
    /// <param name="initrd">Its ramdisks; those whose length is not known do not count.</param>
    /// <param name="memory">The guest's memory.</param>
    /// <exception cref="BootException">It is too little.</exception>
    public static void Require(BootSource kernel, ulong kernelSize, IReadOnlyList<BootSource> initrd, ulong memory)
    {
        if (kernel.MemoryBeside is not { } beside)
            return;
        var ramdisks = initrd.Aggregate(0UL, (sum, source) => sum + source.KnownLength);
        var least = (kernelSize + beside + TimesRamdisks * ramdisks + Step - 1) / Step * Step;
        if (memory < least)
        {
            throw new BootException(
                $"{BootReading.Size(memory)} of memory are too little for '{kernel}' and its initial ramdisks: they need {BootReading.Size(least)} to boot; give the guest at least that much");
        }
    }
}
