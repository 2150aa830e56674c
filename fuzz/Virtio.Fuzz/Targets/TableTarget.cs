using Virtio.Queues;

namespace Virtio.Fuzz.Targets;

/// <summary>An indirect table; the resulting chain is compared with that of a direct implementation of the rules.</summary>
internal sealed class TableTarget(bool packed) : IFuzzTarget
{
    private readonly record struct Piece(ulong Address, uint Length, bool IsWritable);

    private const int QueueSize = 8;
    private const int MaximumEntries = 1024;
    private const ushort Next = 1;
    private const ushort Write = 2;
    private const ushort Indirect = 4;

    private readonly GuestRam _ram = new();

    public string Name => packed ? "table-packed" : "table-split";

    public string Summary => $"an indirect table of a {(packed ? "packed" : "split")} ring, compared with a plain reading of the rules";

    public void Run(ReadOnlySpan<byte> bytes)
    {
        var input = new FuzzInput(bytes);
        _ram.Reset();
        byte how = input.Byte();
        ulong table = (how & 1) != 0 ? input.Address() : RingMemory.Table + (ulong)(how >> 6);
        int count = input.Byte() % 64;
        uint length = (how & 2) != 0 ? input.Length() : (uint)count * 16;
        var queue = new OneQueue(_ram, packed, (how & 4) != 0 ? VirtioFeatures.None : VirtioFeatures.IndirectDescriptors);
        WriteEntries(ref input, table, count, raw: (how & 8) != 0);
        bool hasNext = (how & 0x30) == 0x30;
        queue.OfferTable(table, length, hasNext);

        // The table may overlap the ring, so its current content is what counts.
        List<Piece>? expected = (how & 4) != 0 || hasNext ? null : ReadTable(table, length);
        bool taken = queue.Queue.TryDequeue(out DescriptorChain chain);
        Check.That(taken == expected is not null);
        Check.That(!queue.Queue.IsBroken && queue.Queue.MalformedChains == (taken ? 0 : 1));
        if (taken)
        {
            AssertIs(chain, expected!);
            ChainChecks.Use(_ram, chain, 0);
            chain.Complete(uint.MaxValue);
            uint writable = (uint)expected!.Where(piece => piece.IsWritable).Sum(piece => piece.Length);
            Check.That(queue.TakeUsed() == writable);
        }
        else
        {
            Check.That(queue.TakeUsed() == 0u);
        }

        _ram.AssertUntouched();
    }

    private void WriteEntries(ref FuzzInput input, ulong table, int count, bool raw)
    {
        // A table may overlap the ring, but these writes must not make a chain available.
        bool isFree = table is >= RingMemory.Table and < GuestRam.BehindHole;
        for (int i = 0; i < count && isFree && _ram.Memory.Contains(table, (ulong)(i + 1) * 16); i++)
        {
            ulong at = table + ((ulong)i * 16);
            if (raw)
            {
                _ram.Write(at, input.UInt64());
                _ram.Write(at + 8, input.UInt64());
                continue;
            }

            _ram.Write(at, input.Address());
            byte flags = input.Byte();
            ushort next = (flags & 0x80) != 0 ? input.Byte() : (ushort)(i + 1);
            ushort used = (ushort)((flags & 7) | (packed && (flags & 0x40) != 0 ? 0x8080 : 0));
            _ram.Write(at + 8, input.Length() | ((ulong)(packed ? next : used) << 32) | ((ulong)(packed ? used : next) << 48));
        }
    }

    /// <summary>Implements virtio 1.4, 2.7.5.3 and 2.8.7, literally; null if a rule is broken.</summary>
    private List<Piece>? ReadTable(ulong table, uint length)
    {
        if (length == 0 || length % 16 != 0 || (packed && length / 16 > MaximumEntries))
            return null;
        var pieces = new List<Piece>();
        uint index = 0;
        for (uint steps = 0; steps < length / 16 && steps < MaximumEntries; steps++)
        {
            ulong at = unchecked(table + ((ulong)index * 16));
            if (!_ram.Memory.Contains(at, 16))
                return null;
            var piece = new Piece(_ram.Read<ulong>(at), _ram.Read<uint>(at + 8), (Flags(at) & Write) != 0);
            bool turnsBack = pieces.Count > 0 && pieces[^1].IsWritable && !piece.IsWritable;
            if ((Flags(at) & Indirect) != 0 || piece.Length == 0 || turnsBack || !_ram.Memory.Contains(piece.Address, piece.Length))
                return null;
            pieces.Add(piece);
            if (packed ? steps + 1 == length / 16 : (Flags(at) & Next) == 0)
                return pieces;
            index = packed ? index + 1 : _ram.Read<ushort>(at + 14);
            if (index >= length / 16)
                return null;
        }

        return null;
    }

    private ushort Flags(ulong entry) => _ram.Read<ushort>(entry + (packed ? 14u : 12u));

    private void AssertIs(DescriptorChain chain, List<Piece> expected)
    {
        Check.That(expected.Count <= Math.Max(MaximumEntries, QueueSize) && expected.Count == chain.PieceCount);
        Check.That(chain.Reader.Remaining == expected.Where(piece => !piece.IsWritable).Sum(piece => piece.Length));
        for (int i = 0; i < expected.Count; i++)
        {
            int offset = _ram.OffsetOf(chain.Piece(i));
            ulong address = offset < GuestRam.Size ? GuestRam.Start + (ulong)offset : GuestRam.BehindHole + (ulong)(offset - GuestRam.Size);
            Check.That(address == expected[i].Address && chain.Piece(i).Length == expected[i].Length);
        }
    }
}
