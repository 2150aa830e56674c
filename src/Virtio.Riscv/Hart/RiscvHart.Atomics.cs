namespace Virtio.Riscv;

/// <content>The A extension, implemented with the host's atomic operations on guest RAM.</content>
public sealed partial class RiscvHart
{
    private const uint LoadReserved = 2;
    private const uint StoreConditional = 3;

    private bool ExecuteAtomic(uint insn)
    {
        uint function = insn >> 27, width = (insn >> 12) & 7;
        bool known = function is 0 or 1 or LoadReserved or StoreConditional or 4 or 8 or 12 or 16 or 20 or 24 or 28;
        if (width is not (2 or 3) || !known || (function == LoadReserved && ((insn >> 20) & 31) != 0))
        {
            RaiseIllegalInstruction();
            return false;
        }

        int size = 1 << (int)width;
        ulong address = _x[(insn >> 15) & 31];
        AccessKind kind = function == LoadReserved ? AccessKind.Load : AccessKind.Store;
        if ((address & (ulong)(size - 1)) != 0)
        {
            RaiseTrap(kind == AccessKind.Load ? TrapCause.LoadMisaligned : TrapCause.StoreMisaligned, address);
            return false;
        }

        _onDevice = false;
        nint host = Locate(address, kind, out _);
        if (host == 0)
        {
            if (_onDevice)
                RaiseAccess(WalkResult.AccessFault, kind, address);
            return false;
        }

        ulong value = _x[(insn >> 20) & 31];
        uint rd = (insn >> 7) & 31;
        ulong result = function switch
        {
            LoadReserved => Reserve(host, size, (insn & (1 << 25)) != 0),
            StoreConditional => StoreIfReserved(host, size, value),
            _ when size == 4 => (ulong)(int)ModifyWord(ref HostMemory.Word(host), function, (uint)value),
            _ => ModifyDoubleword(ref HostMemory.Doubleword(host), function, value),
        };
        _x[rd == 0 ? Slot.Discard : rd] = result;
        return true;
    }

    private ulong Reserve(nint host, int size, bool release)
    {
        if (release)
            Interlocked.MemoryBarrier();
        _reservation = host;
        _reservedSize = size;
        _reservedValue = size == 4 ? (ulong)(int)Volatile.Read(ref HostMemory.Word(host)) : Volatile.Read(ref HostMemory.Doubleword(host));
        return _reservedValue;
    }

    // The reservation is the value: if another hart stored the same value again in between, the store succeeds as if it had not.
    private ulong StoreIfReserved(nint host, int size, ulong value)
    {
        bool held = _reservation == host && _reservedSize == size;
        _reservation = 0;
        if (!held)
            return 1;
        bool stored = size == 4
            ? Interlocked.CompareExchange(ref HostMemory.Word(host), (uint)value, (uint)_reservedValue) == (uint)_reservedValue
            : Interlocked.CompareExchange(ref HostMemory.Doubleword(host), value, _reservedValue) == _reservedValue;
        return stored ? 0UL : 1;
    }

    private static uint ModifyWord(ref uint word, uint function, uint value)
    {
        switch (function)
        {
            case 0:
                return Interlocked.Add(ref word, value) - value;
            case 1:
                return Interlocked.Exchange(ref word, value);
            case 8:
                return Interlocked.Or(ref word, value);
            case 12:
                return Interlocked.And(ref word, value);
        }

        while (true)
        {
            uint old = Volatile.Read(ref word);
            uint replacement = function switch
            {
                4 => old ^ value,
                16 => (uint)Math.Min((int)old, (int)value),
                20 => (uint)Math.Max((int)old, (int)value),
                24 => Math.Min(old, value),
                _ => Math.Max(old, value),
            };
            if (Interlocked.CompareExchange(ref word, replacement, old) == old)
                return old;
        }
    }

    private static ulong ModifyDoubleword(ref ulong doubleword, uint function, ulong value)
    {
        switch (function)
        {
            case 0:
                return Interlocked.Add(ref doubleword, value) - value;
            case 1:
                return Interlocked.Exchange(ref doubleword, value);
            case 8:
                return Interlocked.Or(ref doubleword, value);
            case 12:
                return Interlocked.And(ref doubleword, value);
        }

        while (true)
        {
            ulong old = Volatile.Read(ref doubleword);
            ulong replacement = function switch
            {
                4 => old ^ value,
                16 => (ulong)Math.Min((long)old, (long)value),
                20 => (ulong)Math.Max((long)old, (long)value),
                24 => Math.Min(old, value),
                _ => Math.Max(old, value),
            };
            if (Interlocked.CompareExchange(ref doubleword, replacement, old) == old)
                return old;
        }
    }
}
