using System.Runtime.InteropServices;
using Virtio.Memory;
using Virtio.Testing;

namespace Virtio.Bench.Rings.Interop;

/// <summary>
/// A ring as the C loop sees it: <c>struct ring</c> in <c>loop/ring.h</c>, field by field. The C loop changes the indexes.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LoopRing
{
    private readonly nint _descriptors;
    private readonly nint _driver;
    private readonly nint _device;
    private readonly nint _ram;
    private readonly ulong _ramAddress;
    private readonly ulong _ramSize;
    private readonly uint _size;
    private uint _available;
    private uint _availableWrap;
    private uint _used;
    private uint _usedWrap;
    private uint _interrupts;

    internal LoopRing(GuestMemory memory, QueueAreas areas)
    {
        GuestMemoryRegion ram = memory.Regions[0];
        (_ram, _ramAddress, _ramSize) = (ram.Host, ram.Address, ram.Length);
        _descriptors = ram.Host + (nint)(areas.Descriptor - ram.Address);
        _driver = ram.Host + (nint)(areas.Driver - ram.Address);
        _device = ram.Host + (nint)(areas.Device - ram.Address);
        _size = areas.Size;
        (_available, _availableWrap) = (0, 1);
        (_used, _usedWrap) = (0, 1);
        _interrupts = 0;
    }
}
