using System.Runtime.CompilerServices;

namespace Virtio.Riscv;

/// <content>Fetching and decoding.</content>
public sealed partial class RiscvHart
{
    // The last instruction that straddled two pages: the one that the scratch page holds.
    private uint _straddling;

    /// <summary>Fills the fetch TLB for an address, or takes the trap.</summary>
    private bool FetchMiss(ulong address)
    {
        if (!TryFindFetched(address, out _))
            return false;
        return true;
    }

    private bool TryFindFetched(ulong address, out int page)
    {
        ref FetchEntry entry = ref _fetch[(int)(address >> 12) & (TranslationBuffers.FetchEntries - 1)];
        if (entry.Tag != (address & PageMask))
        {
            page = 0;
            if (!TryTranslate(address, AccessKind.Fetch, out ulong physical, out int level))
                return false;
            nint host = _memory.Find(physical & PageMask, PhysicalMemory.PageSize);
            if (host == 0)
            {
                RaiseAccess(WalkResult.AccessFault, AccessKind.Fetch, address);
                return false;
            }

            page = _pages.Find(physical & PageMask, HostMemory.Bytes(host, PhysicalMemory.PageSize), out bool evicted);
            if (evicted)
                _tlb.FlushFetch();
            _tlb.AddFetch((int)_privilege, address, (long)page * DecodedPages.SlotsPerPage, level);
        }

        page = (int)(entry.FirstSlot / DecodedPages.SlotsPerPage);
        return true;
    }

    /// <summary>Decodes the slot that the loop has reached.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DecodeAt(long firstSlot, ref Slot start, ref Slot slot)
    {
        int halfword = (int)(Unsafe.ByteOffset(ref start, ref slot) / Unsafe.SizeOf<Slot>());
        uint raw = _pages.Raw((int)(firstSlot / DecodedPages.SlotsPerPage), halfword);
        if ((raw & 3) != 3)
            slot = Decoder.Decode(CompressedDecoder.Expand(raw & 0xFFFF), 1, halfword);
        else if (halfword == DecodedPages.Halfwords - 1)
            slot = new Slot { Op = Op.Straddle };
        else
            slot = Decoder.Decode(raw, 2, halfword);
    }

    /// <summary>
    /// Puts the instruction at <see cref="_pc"/>, half on this page and half on the next, into the scratch page. It is assembled each time,
    /// because the second half may have been remapped, and the first half's page does not change with it.
    /// </summary>
    private bool FetchStraddling()
    {
        if (!TryFindFetched(_pc, out int first))
            return false;
        uint low = _pages.Raw(first, DecodedPages.Halfwords - 1);
        if (!TryFindFetched(_pc + 2, out int second))
            return false;
        uint insn = low | (_pages.Raw(second, 0) << 16);
        ref Slot slot = ref Unsafe.Add(ref _pages.First, (DecodedPages.Scratch * DecodedPages.SlotsPerPage) + DecodedPages.Halfwords - 1);
        if (slot.Op == Op.Undecoded || _straddling != insn)
            slot = Decoder.Decode(insn, 2, -1);
        _straddling = insn;
        return true;
    }

    /// <summary>The bits of the instruction at <see cref="_pc"/>, which is being executed, for <c>stval</c>.</summary>
    private uint CurrentInstruction()
    {
        int halfword = (int)(_pc & ~PageMask) >> 1;
        long first = _fetch[(int)(_pc >> 12) & (TranslationBuffers.FetchEntries - 1)].FirstSlot;
        if (first < 0)
            return _straddling;
        uint raw = _pages.Raw((int)(first / DecodedPages.SlotsPerPage), halfword);
        if ((raw & 3) != 3)
            return raw & 0xFFFF;
        return halfword == DecodedPages.Halfwords - 1 ? _straddling : raw;
    }
}
