namespace Virtio.Riscv;

/// <summary>
/// Decoded instructions of one hart by physical page, in a pool of fixed size. A page keeps a copy of the bytes that it was decoded from.
/// Stores need not be tracked: FENCE.I starts a new epoch, and the first lookup of a page in an epoch compares the bytes with the copy.
/// </summary>
internal sealed class DecodedPages : IDisposable
{
    /// <summary>Slots of instructions in a page: one per halfword.</summary>
    public const int Halfwords = 2048;

    /// <summary>
    /// Slots reserved per page: the instructions, two that end the page for a last instruction of either length, and padding.
    /// </summary>
    public const int SlotsPerPage = Halfwords + 8;

    /// <summary>The page used for the one instruction that straddles two pages; never looked up.</summary>
    public const int Scratch = 0;

    private const int Buckets = 4096;
    private const ulong None = ulong.MaxValue;

    private readonly NativeArray<Slot> _slots;
    private readonly NativeArray<byte> _copies;

    // By page: its physical address, or None.
    private readonly ulong[] _addresses;

    // By page: the next page of its bucket; 0 ends the list.
    private readonly int[] _next;

    // By page: the epoch in which it was last compared with memory.
    private readonly uint[] _epochs;

    // By page: whether it was looked up since the hand last passed.
    private readonly bool[] _referenced;
    private readonly int[] _buckets = new int[Buckets];
    private readonly int _capacity;

    // The page that the replacement clock looked at last. Owned, like all of this class, by the hart's thread.
    private int _hand = Scratch;

    // The current epoch; a FENCE.I starts a new one.
    private uint _epoch = 1;

    public DecodedPages(int capacity)
    {
        _capacity = capacity + 1;
        _slots = new NativeArray<Slot>(_capacity * SlotsPerPage);
        _copies = new NativeArray<byte>(_capacity * PhysicalMemory.PageSize);
        _addresses = new ulong[_capacity];
        _addresses.AsSpan().Fill(None);
        _next = new int[_capacity];
        _epochs = new uint[_capacity];
        _referenced = new bool[_capacity];
        EndPage(Scratch);
    }

    /// <summary>The first slot of the first page; the others follow it.</summary>
    public ref Slot First => ref _slots.First;

    public void Dispose()
    {
        _slots.Dispose();
        _copies.Dispose();
    }

    /// <summary>Throws if the pages are disposed; called once per run of a hart.</summary>
    public void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_slots.IsClosed, this);

    /// <summary>Called for FENCE.I. The caller also drops its fetch TLB, so that every page is looked up again.</summary>
    public void StartEpoch() => _epoch++;

    /// <summary>
    /// The decoded page for this physical page, up to date in this epoch. <paramref name="evicted"/> says whether another page was evicted.
    /// </summary>
    public int Find(ulong address, ReadOnlySpan<byte> bytes, out bool evicted)
    {
        evicted = false;
        int bucket = Bucket(address);
        for (int page = _buckets[bucket]; page != 0; page = _next[page])
        {
            if (_addresses[page] != address)
                continue;
            _referenced[page] = true;
            if (_epochs[page] != _epoch)
                Refresh(page, bytes);
            return page;
        }

        int taken = Take(out evicted);
        _addresses[taken] = address;
        _next[taken] = _buckets[bucket];
        _buckets[bucket] = taken;
        Fill(taken, bytes);
        return taken;
    }

    /// <summary>
    /// The instruction bytes at a halfword, as of the last update of this page; 4 bytes, or 2 for the last halfword of the page.
    /// </summary>
    public uint Raw(int page, int halfword)
    {
        ReadOnlySpan<byte> copy = _copies.Span.Slice((page * PhysicalMemory.PageSize) + (halfword * 2), halfword == Halfwords - 1 ? 2 : 4);
        return copy.Length == 2 ? BitConverter.ToUInt16(copy) : BitConverter.ToUInt32(copy);
    }

    private static int Bucket(ulong address) => (int)((address >> 12) * 0x9E3779B1UL >> 8) & (Buckets - 1);

    private void Refresh(int page, ReadOnlySpan<byte> bytes)
    {
        _epochs[page] = _epoch;
        if (!bytes.SequenceEqual(_copies.Span.Slice(page * PhysicalMemory.PageSize, PhysicalMemory.PageSize)))
            Fill(page, bytes);
    }

    private void Fill(int page, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_copies.Span.Slice(page * PhysicalMemory.PageSize, PhysicalMemory.PageSize));
        _slots.Span.Slice(page * SlotsPerPage, SlotsPerPage).Clear();
        EndPage(page);
        _epochs[page] = _epoch;
        _referenced[page] = true;
    }

    private void EndPage(int page)
    {
        _slots.Span[(page * SlotsPerPage) + Halfwords].Op = Op.PageEnd;
        _slots.Span[(page * SlotsPerPage) + Halfwords + 1].Op = Op.PageEnd;
    }

    // Clock replacement: a page that was looked up since the hand last passed gets a second chance.
    private int Take(out bool evicted)
    {
        while (true)
        {
            _hand = _hand + 1 < _capacity ? _hand + 1 : 1;
            if (_referenced[_hand])
            {
                _referenced[_hand] = false;
                continue;
            }

            evicted = _addresses[_hand] != None;
            if (evicted)
                Unlink(_hand);
            return _hand;
        }
    }

    private void Unlink(int page)
    {
        ref int link = ref _buckets[Bucket(_addresses[page])];
        while (link != page)
            link = ref _next[link];
        link = _next[page];
    }
}
