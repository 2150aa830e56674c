namespace Virtio.Riscv;

/// <summary>The Sv39 page walk, with the accessed and dirty bits set by hardware.</summary>
internal static class PageTable
{
    private const ulong Valid = 1 << 0;
    private const ulong Read = 1 << 1;
    private const ulong Write = 1 << 2;
    private const ulong Execute = 1 << 3;
    private const ulong UserPage = 1 << 4;
    private const ulong Accessed = 1 << 6;
    private const ulong Dirty = 1 << 7;

    // Svnapot and Svpbmt are not implemented, so their bits are reserved like those below them (privileged spec, 12.3.1).
    private const ulong Reserved = 0xFFC0_0000_0000_0000;
    private const ulong NumberMask = (1UL << 44) - 1;

    // A guest that rewrites an entry all the time gets a page fault after this many attempts.
    private const int Attempts = 100;

    public static WalkResult Walk(
        PhysicalMemory memory, ulong root, ulong address, AccessKind kind, in PageRights rights, out ulong physical, out int level)
    {
        int attempts = 0;
        WalkResult result;
        do
            result = WalkOnce(memory, root, address, kind, rights, out physical, out level);
        while (result == WalkResult.Changed && ++attempts < Attempts);
        return result == WalkResult.Changed ? WalkResult.PageFault : result;
    }

    private static WalkResult WalkOnce(
        PhysicalMemory memory, ulong root, ulong address, AccessKind kind, in PageRights rights, out ulong physical, out int level)
    {
        physical = 0;
        level = 2;
        if ((long)(address << 25) >> 25 != (long)address)
            return WalkResult.PageFault;
        ulong table = root << 12;
        for (; level >= 0; level--)
        {
            nint host = memory.Find(table + (((address >> (12 + (9 * level))) & 511) << 3), 8);
            if (host == 0)
                return WalkResult.AccessFault;
            ulong entry = Volatile.Read(ref HostMemory.Doubleword(host));
            if ((entry & Valid) == 0 || (entry & (Read | Write)) == Write || (entry & Reserved) != 0)
                return WalkResult.PageFault;
            if ((entry & (Read | Execute)) != 0)
                return Leaf(host, entry, address, kind, rights, level, out physical);
            if ((entry & (UserPage | Accessed | Dirty)) != 0)
                return WalkResult.PageFault;
            table = ((entry >> 10) & NumberMask) << 12;
        }

        return WalkResult.PageFault;
    }

    private static WalkResult Leaf(
        nint host, ulong entry, ulong address, AccessKind kind, in PageRights rights, int level, out ulong physical)
    {
        ulong offsetMask = (1UL << (12 + (9 * level))) - 1;
        ulong page = ((entry >> 10) & NumberMask) << 12;
        physical = page | (address & offsetMask);
        ulong needed = kind == AccessKind.Store ? Accessed | Dirty : Accessed;
        if ((page & offsetMask) != 0 || !IsAllowed(entry, kind, rights))
            return WalkResult.PageFault;
        if ((entry & needed) == needed)
            return WalkResult.Found;
        return Interlocked.CompareExchange(ref HostMemory.Doubleword(host), entry | needed, entry) == entry
            ? WalkResult.Found
            : WalkResult.Changed;
    }

    private static bool IsAllowed(ulong entry, AccessKind kind, in PageRights rights)
    {
        bool userPage = (entry & UserPage) != 0;
        if (rights.IsUser ? !userPage : userPage && (kind == AccessKind.Fetch || !rights.MayAccessUser))
            return false;
        return kind switch
        {
            AccessKind.Fetch => (entry & Execute) != 0,
            AccessKind.Store => (entry & Write) != 0,
            _ => (entry & Read) != 0 || (rights.MayReadExecutable && (entry & Execute) != 0),
        };
    }
}
