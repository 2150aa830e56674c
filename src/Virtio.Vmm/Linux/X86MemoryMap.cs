using Virtio.Memory;
using Virtio.Vmm.Boards.X86;

namespace Virtio.Vmm.Linux;

/// <summary>An entry of the memory map as a PC's firmware describes it (ACPI 6.5, chapter 15).</summary>
/// <param name="Address">The start of the range.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Type">Whether the kernel may use it.</param>
internal readonly record struct X86MemoryMap(ulong Address, ulong Length, uint Type)
{
    /// <summary>Memory for the kernel to use.</summary>
    public const uint Usable = 1;

    /// <summary>Not for the kernel to use.</summary>
    public const uint Reserved = 2;

    /// <summary>The map of a guest's memory.</summary>
    public static X86MemoryMap[] Of(GuestMemory memory) =>
    [
        new(0, X86BoardLayout.LowMemoryEnd, Usable),
        new(X86BoardLayout.LowMemoryEnd, X86BoardLayout.HighMemoryAddress - X86BoardLayout.LowMemoryEnd, Reserved),
        new(X86BoardLayout.HighMemoryAddress, memory.Regions[0].Length - X86BoardLayout.HighMemoryAddress, Usable),
        .. memory.Regions.Skip(1).Select(region => new X86MemoryMap(region.Address, region.Length, Usable)),
    ];
}
