using System.Runtime.Versioning;
using Virtio.Memory;

namespace Virtio.Linux;

/// <summary>Guest RAM that other processes can map too.</summary>
[SupportedOSPlatform("linux")]
public static class SharedGuestMemory
{
    /// <summary>
    /// Allocates zeroed RAM like <see cref="GuestMemory.Allocate"/>, with each range in its own file in memory
    /// (<see cref="GuestMemoryRegion.File"/>).
    /// </summary>
    /// <param name="ranges">Guest-physical ranges; page-aligned (4 KiB), in ascending order, not overlapping.</param>
    /// <exception cref="ArgumentException">The ranges are empty, unaligned, unordered, or overlap.</exception>
    /// <exception cref="IOException">The host refuses.</exception>
    public static GuestMemory Allocate(params ReadOnlySpan<(ulong Address, ulong Length)> ranges)
    {
        var memories = new List<SharedMemory>();
        var regions = new List<GuestMemoryRegion>();
        void Free() => memories.ForEach(memory => memory.Dispose());
        try
        {
            foreach ((ulong address, ulong length) in ranges)
            {
                var memory = SharedMemory.Create("guest", length);
                memories.Add(memory);
                regions.Add(new GuestMemoryRegion(address, length, memory.Address) { File = memory.File });
            }

            return GuestMemory.Of(regions, Free);
        }
        catch
        {
            Free();
            throw;
        }
    }
}
