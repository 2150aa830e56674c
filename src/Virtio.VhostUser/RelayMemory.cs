using System.Numerics;
using System.Runtime.Versioning;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.VhostUser;

/// <summary>
/// The rings of relayed queues, in memory shared with one back-end, at guest addresses above guest RAM. Each connection gets new memory: a
/// back-end that was given up and still runs writes to its own memory only. Pages that are never used take no memory.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class RelayMemory : IDisposable
{
    /// <summary>Descriptors of the largest ring that is relayed.</summary>
    internal const int MaximumSize = 1024;

    /// <summary>Bytes of a request's indirect table, with as many descriptors as a chain may have.</summary>
    internal const ulong TableLength = DescriptorChain.MaximumDescriptors * Descriptor.Size;

    private const ulong PageSize = 4096;

    // Above the RAM of every guest that this machine supports.
    private const ulong LeastAddress = 1UL << 40;

    private readonly SharedMemory _memory;
    private readonly int _size;

    /// <summary>Allocates zeroed memory.</summary>
    /// <param name="guest">The guest's memory, which the rings lie above.</param>
    /// <param name="queues">Number of rings.</param>
    /// <param name="size">Descriptors of the largest ring of the guest.</param>
    /// <exception cref="IOException">The kernel refuses.</exception>
    internal RelayMemory(GuestMemory guest, int queues, int size)
    {
        _size = (int)BitOperations.RoundUpToPowerOf2((uint)size);
        GuestMemoryRegion last = guest.Regions[^1];
        ulong address = Math.Max(LeastAddress, (last.Address + last.Length + PageSize - 1) & ~(PageSize - 1));
        _memory = SharedMemory.Create("virtio-relay", LengthOfRing * (ulong)queues);
        Region = new GuestMemoryRegion(address, _memory.Length, _memory.Address) { File = _memory.File };
        Access = GuestMemory.Of([Region], () => { });
    }

    /// <summary>The memory as a region for the back-end's memory table.</summary>
    internal GuestMemoryRegion Region { get; }

    internal GuestMemory Access { get; }

    /// <summary>Makes an empty ring.</summary>
    internal RelayRing RingOf(int queue, bool hasTables) => new(this, Region.Address + (LengthOfRing * (ulong)queue), _size, hasTables);

    /// <summary>Offsets of the areas of a ring from its start.</summary>
    internal static (ulong Driver, ulong Device, ulong Tables) PlacesOf(int size)
    {
        ulong driver = RoundUp((ulong)size * Descriptor.Size);
        ulong device = driver + RoundUp(((ulong)size * sizeof(ushort)) + 6);
        return (driver, device, device + RoundUp(((ulong)size * sizeof(ulong)) + 6));
    }

    public void Dispose()
    {
        Access.Dispose();
        _memory.Dispose();
    }

    private ulong LengthOfRing => PlacesOf(_size).Tables + ((ulong)_size * TableLength);

    private static ulong RoundUp(ulong length) => (length + PageSize - 1) & ~(PageSize - 1);
}
