using System.Buffers.Binary;
using Virtio.Testing;

namespace Virtio.Tests.Testbed;

/// <summary>
/// Chains of random shape for a device that echoes: as many at a time as the ring takes, each with a different number. Throws when the
/// device completes a chain that was not offered, completes it twice, or returns other bytes than the chain's own.
/// </summary>
internal sealed class EchoLoad(TestBus bus, DriverQueue queue, bool indirect, int seed)
{
    private const int MaximumPieces = 3;
    private const int PieceLength = 8;

    private readonly Random _random = new(seed);
    private readonly Dictionary<ushort, (ulong Address, int Pieces, ulong Number)> _offered = [];
    private readonly Stack<ulong> _buffers = [];
    private ulong _number;

    internal int Collected { get; private set; }

    internal void Run(int chains)
    {
        int goal = Collected + chains;
        for (int offered = 0; Collected < goal;)
        {
            int batch = _random.Next(1, 12);
            for (; batch > 0 && offered < chains && TryOffer(); batch--)
                offered++;
            queue.Kick();
            if (batch > 0 || _random.Next(4) == 0)
                Check(queue.Collect());
            while (_random.Next(8) != 0 && queue.TryCollect(out UsedBuffer used))
                Check(used);
        }
    }

    private bool TryOffer()
    {
        bool table = indirect && _random.Next(2) == 0;
        int pieces = table || queue.Size > 1 ? _random.Next(1, Math.Min(MaximumPieces, table ? MaximumPieces : queue.Size / 2) + 1) : 0;
        ulong address = _buffers.TryPop(out ulong free) ? free : bus.Allocator.Allocate(2 * MaximumPieces * PieceLength);
        Span<DriverBuffer> chain = stackalloc DriverBuffer[2 * MaximumPieces];
        ulong number = ++_number;
        Span<byte> bytes = stackalloc byte[PieceLength];
        for (int i = 0; i < pieces; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, number + (ulong)i);
            bus.Memory.TryWrite(address + (ulong)(i * PieceLength), bytes);
            chain[i] = DriverBuffer.Readable(address + (ulong)(i * PieceLength), PieceLength);
            chain[pieces + i] = DriverBuffer.Writable(address + (ulong)((MaximumPieces + i) * PieceLength), PieceLength);
        }

        // A ring of one descriptor has only room for a readable one, so the device echoes nothing.
        if (pieces == 0)
            chain[0] = DriverBuffer.Readable(address, PieceLength);
        if (!queue.TryOffer(chain[..Math.Max(1, 2 * pieces)], out ushort id, table))
        {
            _buffers.Push(address);
            return false;
        }

        _offered.Add(id, (address, pieces, number));
        return true;
    }

    private void Check(UsedBuffer used)
    {
        if (!_offered.Remove(used.Id, out (ulong Address, int Pieces, ulong Number) chain))
            throw new InvalidOperationException($"chain {used.Id} was completed and not offered");
        if (used.Length != chain.Pieces * PieceLength)
            throw new InvalidOperationException($"chain {used.Id} of {chain.Pieces} pieces was completed with {used.Length} bytes");
        for (int i = 0; i < chain.Pieces; i++)
        {
            ulong echo = BinaryPrimitives.ReadUInt64LittleEndian(
                bus.Read(chain.Address + (ulong)((MaximumPieces + i) * PieceLength), PieceLength));
            if (echo != chain.Number + (ulong)i)
                throw new InvalidOperationException($"chain {used.Id} was completed with {echo} instead of {chain.Number + (ulong)i}");
        }

        _buffers.Push(chain.Address);
        Collected++;
    }
}
