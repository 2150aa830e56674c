using System.Runtime.InteropServices;

namespace Virtio.Riscv;

/// <summary>
/// The software TLBs of one hart. Each context (the accesses that a privilege and SUM together permit) has its own entries, so that system
/// calls, traps and the kernel's user accesses switch contexts instead of flushing.
/// </summary>
internal sealed class TranslationBuffers
{
    public const int User = 0;
    public const int Supervisor = 1;
    public const int SupervisorWithUserAccess = 2;

    public const int DataEntries = 512;
    public const int FetchEntries = 256;

    /// <summary>Entries of one context: loads first, then stores.</summary>
    public const int ContextEntries = 2 * DataEntries;

    private const int Contexts = 3;
    private const ulong PageMask = ~0xFFFUL;

    // A hash set of 64 bits over the numbers of the superpages that were entered since the last flush of everything. Kernels map themselves
    // with superpages, but entries here are always 4 KiB, so a fence of one address may concern many entries.
    private ulong _superpages;

    // The contexts whose entries must be cleared before use, a bit each. A context switch of the guest flushes all contexts, and an unused
    // context need not be cleared.
    private int _stale;

    /// <summary>Load and store entries of all contexts.</summary>
    public TlbEntry[] Data { get; } = GC.AllocateArray<TlbEntry>(Contexts * ContextEntries, pinned: true);

    /// <summary>Fetch entries of user mode (0) and supervisor mode (1).</summary>
    public FetchEntry[][] Fetch { get; } =
    [
        GC.AllocateArray<FetchEntry>(FetchEntries, pinned: true),
        GC.AllocateArray<FetchEntry>(FetchEntries, pinned: true),
    ];

    public TranslationBuffers() => FlushAll();

    public void FlushAll()
    {
        _stale = (1 << Contexts) - 1;
        _superpages = 0;
        FlushFetch();
    }

    public void FlushFetch()
    {
        foreach (FetchEntry[] entries in Fetch)
            MemoryMarshal.AsBytes(entries.AsSpan()).Fill(0xFF);
    }

    /// <summary>
    /// Clears the entries of a context if they are stale. Must be called when a context is selected and after every flush.
    /// </summary>
    public void Prepare(int context)
    {
        if ((_stale & (1 << context)) == 0)
            return;
        _stale &= ~(1 << context);
        MemoryMarshal.AsBytes(Data.AsSpan(context * ContextEntries, ContextEntries)).Fill(0xFF);
    }

    /// <summary>Drops one page, or all entries if the page may have been part of a superpage.</summary>
    public void FlushPage(ulong address)
    {
        if ((_superpages & (SuperpageBit(address >> 21) | SuperpageBit(address >> 30))) != 0)
        {
            FlushAll();
            return;
        }

        ulong page = address & PageMask;
        int index = (int)(address >> 12) & (DataEntries - 1);
        for (int start = 0; start < Data.Length; start += DataEntries)
        {
            if (Data[start + index].Tag == page)
                Data[start + index].Tag = ulong.MaxValue;
        }

        foreach (FetchEntry[] entries in Fetch)
            entries[(int)(address >> 12) & (FetchEntries - 1)].Tag = ulong.MaxValue;
    }

    public void AddData(int context, bool store, ulong address, nint host, int level)
    {
        NoteSuperpage(address, level);
        ref TlbEntry entry = ref Data[(context * ContextEntries) + (store ? DataEntries : 0) + ((int)(address >> 12) & (DataEntries - 1))];
        entry.Tag = address & PageMask;
        entry.Addend = host - (nint)address;
    }

    public void AddFetch(int privilege, ulong address, long firstSlot, int level)
    {
        NoteSuperpage(address, level);
        ref FetchEntry entry = ref Fetch[privilege][(int)(address >> 12) & (FetchEntries - 1)];
        entry.Tag = address & PageMask;
        entry.FirstSlot = firstSlot;
    }

    private void NoteSuperpage(ulong address, int level)
    {
        if (level != 0)
            _superpages |= SuperpageBit(address >> (level == 1 ? 21 : 30));
    }

    private static ulong SuperpageBit(ulong number) => 1UL << (int)((number * 0x9E3779B97F4A7C15UL) >> 58);
}
