namespace Virtio.Riscv;

/// <summary>The guest's RAM by physical address. Immutable, so every hart reads it without a lock.</summary>
internal sealed class PhysicalMemory
{
    public const int PageSize = 4096;

    private readonly RiscvMemoryRegion[] _regions;

    public PhysicalMemory(IReadOnlyList<RiscvMemoryRegion> regions)
    {
        ArgumentNullException.ThrowIfNull(regions);
        _regions = [.. regions.OrderBy(region => region.Address)];
        ulong end = 0;
        foreach (RiscvMemoryRegion region in _regions)
        {
            bool isEmpty = region.Length == 0 || region.Host == 0;
            if (isEmpty || region.Address % PageSize != 0 || region.Length % PageSize != 0 || region.Host % 8 != 0)
                throw new ArgumentException($"memory at 0x{region.Address:x} is empty, null, or not aligned", nameof(regions));
            if (region.Address < end || region.Address + region.Length < region.Address)
            {
                throw new ArgumentException(
                    $"memory at 0x{region.Address:x} overlaps other memory or the end of the address space",
                    nameof(regions));
            }

            end = region.Address + region.Length;
        }
    }

    /// <summary>Host address of <paramref name="length"/> bytes that lie inside one region, or 0.</summary>
    public nint Find(ulong address, ulong length)
    {
        foreach (RiscvMemoryRegion region in _regions)
        {
            ulong offset = address - region.Address;
            if (offset < region.Length && length <= region.Length - offset)
                return region.Host + (nint)offset;
        }

        return 0;
    }
}
