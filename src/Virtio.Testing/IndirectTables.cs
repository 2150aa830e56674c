namespace Virtio.Testing;

/// <summary>The indirect table of each chain, by the chain's id. A table is kept for the next chain with that id.</summary>
internal sealed class IndirectTables(GuestAllocator allocator, int size)
{
    private const int DescriptorSize = 16;

    private readonly (ulong Address, int Capacity)[] _tables = new (ulong, int)[size];

    /// <summary>The guest-physical address of a table with room for <paramref name="count"/> descriptors.</summary>
    internal ulong Table(ushort id, int count)
    {
        ref (ulong Address, int Capacity) table = ref _tables[id];
        if (table.Capacity < count)
        {
            Free(table);
            table = (allocator.Allocate(count * DescriptorSize), count);
        }

        return table.Address;
    }

    internal void Free() => Array.ForEach(_tables, Free);

    private void Free((ulong Address, int Capacity) table)
    {
        if (table.Capacity > 0)
            allocator.Free(table.Address, table.Capacity * DescriptorSize);
    }
}
