using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.Crash.Tests;

internal sealed class SplitDriver : Driver
{
    private readonly Stack<ushort> _free;
    private readonly Dictionary<ushort, ushort[]> _descriptors = [];
    private ushort _available;
    private ushort _used;

    // The indexes start near 2^16, so that they soon wrap.
    internal SplitDriver(GuestMemory memory, int size, bool inOrder)
        : base(memory, size, inOrder)
    {
        _free = new Stack<ushort>(Enumerable.Range(0, size).Select(slot => (ushort)slot));
        _available = _used = 0xfff8;
        Write(DriverArea + 2, _available);
        Write(DeviceArea + 2, _used);
    }

    // QEMU sends the used index as the base after a crash, which is correct only if nothing is in flight.
    internal override QueueState Hint => new(Read(DeviceArea + 2), true, Read(DeviceArea + 2), true);

    protected override ushort Put(int number, int count)
    {
        ushort[] slots = [.. Enumerable.Range(0, count).Select(_ => _free.Pop())];
        for (int i = 0; i < count; i++)
            Describe(slots[i], i, count, number, i < count - 1 ? Next : (ushort)0, i < count - 1 ? slots[i + 1] : (ushort)0);
        _descriptors[slots[0]] = slots;
        Write(DriverArea + 4 + ((ulong)(_available % Size) * 2), slots[0]);
        Write(DriverArea + 2, unchecked(++_available));
        return slots[0];
    }

    protected override bool TryFindUsed(out ushort id)
    {
        id = Read(DeviceArea + 4 + ((ulong)(_used % Size) * 8));
        return _used != Read(DeviceArea + 2);
    }

    protected override void Pass(int chains, int descriptors) => _used = unchecked((ushort)(_used + chains));

    protected override void Free(ushort id)
    {
        foreach (ushort slot in _descriptors[id].Reverse())
            _free.Push(slot);
    }
}
