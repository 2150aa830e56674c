using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.Crash.Tests;

internal sealed class PackedDriver(GuestMemory memory, int size, bool inOrder) : Driver(memory, size, inOrder)
{
    private const ushort Available = 1 << 7;
    private const ushort Used = 1 << 15;

    private readonly Stack<ushort> _ids = new(Enumerable.Range(0, size).Select(id => (ushort)(id + 50)));

    // Slot of the next chain, and the driver's wrap counter there. All fields belong to the test's thread.
    private int _slot;
    private bool _wrap = true;

    // Slot of the next used descriptor, and its wrap counter.
    private int _usedSlot;
    private bool _usedWrap = true;

    internal override QueueState Hint => QueueState.Initial;

    protected override ushort Put(int number, int count)
    {
        ushort id = _ids.Pop();
        (int first, bool firstWrap) = (_slot, _wrap);
        for (int i = 0; i < count; i++)
        {
            // The first descriptor is made available last.
            ushort flags = (ushort)((i < count - 1 ? Next : 0) | (_wrap ? Available : Used));
            Describe(_slot, i, count, number, id, i == 0 ? (ushort)(flags ^ (Available | Used)) : flags);
            (_slot, _wrap) = Step(_slot, _wrap, 1);
        }

        Describe(first, 0, count, number, id, (ushort)((count > 1 ? Next : 0) | (firstWrap ? Available : Used)));
        return id;
    }

    protected override bool TryFindUsed(out ushort id)
    {
        ulong place = Table + ((ulong)_usedSlot * 16);
        id = Read(place + 12);
        return (Read(place + 14) & (Available | Used)) == (_usedWrap ? Available | Used : 0);
    }

    protected override void Pass(int chains, int descriptors) => (_usedSlot, _usedWrap) = Step(_usedSlot, _usedWrap, descriptors);

    protected override void Free(ushort id) => _ids.Push(id);

    private (int Slot, bool Wrap) Step(int slot, bool wrap, int count) =>
        slot + count < Size ? (slot + count, wrap) : (slot + count - Size, !wrap);
}
