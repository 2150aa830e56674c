using Virtio.Memory;

namespace Virtio.Vmm.Linux;

/// <summary>Loads the initial ramdisks of an x86 kernel.</summary>
internal static class X86Initrd
{
    private const ulong PageSize = 4096;

    /// <summary>Puts the ramdisks as high as allowed if their length is known, else right above the kernel.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="initrd">Archives that are placed in memory one after the other.</param>
    /// <param name="kernelEnd">The end of the memory that the kernel takes.</param>
    /// <param name="end">The address that they must not reach.</param>
    /// <param name="cancellationToken">Stops a long load.</param>
    public static InitrdRange? Load(
        GuestMemory memory,
        IReadOnlyList<BootSource> initrd,
        ulong kernelEnd,
        ulong end,
        CancellationToken cancellationToken)
    {
        var bottom = (kernelEnd + PageSize - 1) & ~(PageSize - 1);
        var top = Math.Max(end & ~(PageSize - 1), bottom);
        return BootReading.LoadInitrd(
            initrd,
            length =>
            {
                var start = length > 0 && length <= top - bottom ? (top - length) & ~(PageSize - 1) : bottom;
                return new LoadArea(memory, start, top - start);
            },
            cancellationToken);
    }
}
