namespace Virtio.Riscv;

/// <content>Loads and stores that the loop does not handle itself.</content>
public sealed partial class RiscvHart
{
    private bool TryTranslate(ulong address, AccessKind kind, out ulong physical, out int level)
    {
        if (_satp == 0)
        {
            physical = address;
            level = 0;
            return true;
        }

        PageRights rights = new(
            _privilege == RiscvPrivilege.User, (_status & StatusBits.UserAccess) != 0, (_status & StatusBits.ExecutableReadable) != 0);
        WalkResult result = PageTable.Walk(_memory, _satp & RootMask, address, kind, rights, out physical, out level);
        if (result == WalkResult.Found)
            return true;
        RaiseAccess(result, kind, address);
        return false;
    }

    /// <summary>Executes a load or store instruction of any kind; <see langword="false"/> if it trapped.</summary>
    private bool AccessMemory(Slot slot, ulong address)
    {
        slot.Op = ShortKinds.OfAccess(slot.Op);
        if (slot.Op is Op.Flw or Op.Fld or Op.Fsw or Op.Fsd && (_status & StatusBits.FloatMask) == 0)
        {
            RaiseIllegalInstruction();
            return false;
        }

        switch (slot.Op)
        {
            case Op.Sb or Op.Sh or Op.Sw or Op.Sd:
                return Store(address, 1 << (slot.Op - Op.Sb), _x[slot.Rs2]);
            case Op.Fsw:
                return Store(address, 4, _f[slot.Rs2]);
            case Op.Fsd:
                return Store(address, 8, _f[slot.Rs2]);
        }

        if (!Load(address, LoadSize(slot.Op), out ulong value))
            return false;
        if (slot.Op is Op.Flw or Op.Fld)
            WriteFloat(slot.Rd, slot.Op == Op.Flw ? value | BoxedSingle : value);
        else
            _x[slot.Rd] = Extend(slot.Op, value);
        return true;
    }

    private static bool IsStore(Op op) => ShortKinds.OfAccess(op) is Op.Sb or Op.Sh or Op.Sw or Op.Sd or Op.Fsw or Op.Fsd;

    private static int LoadSize(Op op) => op switch
    {
        Op.Lb or Op.Lbu => 1,
        Op.Lh or Op.Lhu => 2,
        Op.Lw or Op.Lwu or Op.Flw => 4,
        _ => 8,
    };

    private static ulong Extend(Op op, ulong value) => op switch
    {
        Op.Lb => (ulong)(sbyte)value,
        Op.Lh => (ulong)(short)value,
        Op.Lw => (ulong)(int)value,
        _ => value,
    };

    /// <summary>
    /// The host's address of an access within one page of RAM. 0 after a trap, or outside RAM, where <paramref name="device"/> and
    /// <see cref="_onDevice"/> are set.
    /// </summary>
    private nint Locate(ulong address, AccessKind kind, out ulong device)
    {
        device = 0;
        bool store = kind == AccessKind.Store;
        int set = (_context * TranslationBuffers.ContextEntries) + (store ? TranslationBuffers.DataEntries : 0);
        ref TlbEntry entry = ref _tlb.Data[set + ((int)(address >> 12) & (TranslationBuffers.DataEntries - 1))];
        if (entry.Tag == (address & PageMask))
            return (nint)address + entry.Addend;
        if (!TryTranslate(address, kind, out ulong physical, out int level))
            return 0;
        nint page = _memory.Find(physical & PageMask, PhysicalMemory.PageSize);
        if (page == 0)
        {
            device = physical;
            _onDevice = true;
            return 0;
        }

        nint host = page + (nint)(physical & ~PageMask);
        _tlb.AddData(_context, store, address, host, level);
        return host;
    }

    private bool Load(ulong address, int size, out ulong value)
    {
        value = 0;
        if ((address & ~PageMask) + (ulong)size > PhysicalMemory.PageSize)
            return LoadAcross(address, size, out value);
        _onDevice = false;
        nint host = Locate(address, AccessKind.Load, out ulong device);
        if (host == 0)
            return _onDevice && LoadDevice(address, device, size, out value);
        value = size switch
        {
            1 => HostMemory.Read8(host),
            2 => HostMemory.Read16(host),
            4 => HostMemory.Read32(host),
            _ => HostMemory.Read64(host),
        };
        return true;
    }

    private bool Store(ulong address, int size, ulong value)
    {
        if ((address & ~PageMask) + (ulong)size > PhysicalMemory.PageSize)
            return StoreAcross(address, size, value);
        _onDevice = false;
        nint host = Locate(address, AccessKind.Store, out ulong device);
        if (host == 0)
            return _onDevice && StoreDevice(address, device, size, value);
        switch (size)
        {
            case 1:
                HostMemory.Write8(host, (byte)value);
                break;
            case 2:
                HostMemory.Write16(host, (ushort)value);
                break;
            case 4:
                HostMemory.Write32(host, (uint)value);
                break;
            default:
                HostMemory.Write64(host, value);
                break;
        }

        return true;
    }

    // Both pages are located before any byte is written, so that a fault on the second page leaves the first unchanged.
    private bool LoadAcross(ulong address, int size, out ulong value)
    {
        value = 0;
        ulong second = (address + (ulong)size) & PageMask;
        if (!LocateBoth(address, second, AccessKind.Load, out nint low, out nint high))
            return false;
        int split = (int)(second - address);
        for (int i = 0; i < size; i++)
            value |= (ulong)HostMemory.Read8(i < split ? low + i : high + i - split) << (8 * i);
        return true;
    }

    private bool StoreAcross(ulong address, int size, ulong value)
    {
        ulong second = (address + (ulong)size) & PageMask;
        if (!LocateBoth(address, second, AccessKind.Store, out nint low, out nint high))
            return false;
        int split = (int)(second - address);
        for (int i = 0; i < size; i++)
            HostMemory.Write8(i < split ? low + i : high + i - split, (byte)(value >> (8 * i)));
        return true;
    }

    private bool LocateBoth(ulong address, ulong second, AccessKind kind, out nint low, out nint high)
    {
        high = 0;
        _onDevice = false;
        low = Locate(address, kind, out _);
        if (low != 0)
            high = Locate(second, kind, out _);
        if (_onDevice)
            RaiseAccess(WalkResult.AccessFault, kind, low == 0 ? address : second);
        return high != 0;
    }

    private bool LoadDevice(ulong address, ulong physical, int size, out ulong value)
    {
        value = 0;
        if ((physical & (ulong)(size - 1)) == 0 && _bus is not null && _bus.TryRead(physical, size, out value))
            return true;
        RaiseAccess(WalkResult.AccessFault, AccessKind.Load, address);
        return false;
    }

    private bool StoreDevice(ulong address, ulong physical, int size, ulong value)
    {
        // The guest's writes before it notifies a device must be visible to the thread that the notification wakes.
        Interlocked.MemoryBarrier();
        ulong data = size == 8 ? value : value & ((1UL << (8 * size)) - 1);
        if ((physical & (ulong)(size - 1)) == 0 && _bus is not null && _bus.TryWrite(physical, size, data))
            return true;
        RaiseAccess(WalkResult.AccessFault, AccessKind.Store, address);
        return false;
    }
}
