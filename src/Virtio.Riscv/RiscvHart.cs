using Virtio.Riscv.Float;

namespace Virtio.Riscv;

/// <summary>
/// One RV64GC hart with supervisor and user mode. Its registers may be read and written only while it is not running: before
/// <see cref="RiscvMachine.Start"/>, after <see cref="RiscvMachine.Completion"/>, or between calls of <see cref="Run"/>.
/// </summary>
public sealed partial class RiscvHart
{
    // Executable pages in use at once: a distribution kernel and its first programs execute from about 1,600.
    internal const int DecodedPageCount = 2048;

    private readonly RiscvMachine _machine;
    private readonly PhysicalMemory _memory;
    private readonly IRiscvBus? _bus;
    private readonly TranslationBuffers _tlb = new();
    private readonly DecodedPages _pages;
    private readonly ulong[] _x = GC.AllocateArray<ulong>(Slot.Discard + 1, pinned: true);
    private readonly ulong[] _f = new ulong[32];

    private ulong _pc;
    private RiscvPrivilege _privilege = RiscvPrivilege.Supervisor;
    private int _context;
    private FetchEntry[] _fetch;

    private ulong _status;
    private ulong _sie;
    private ulong _stvec;
    private ulong _sscratch;
    private ulong _sepc;
    private ulong _scause;
    private ulong _stval;
    private ulong _satp;
    // What firmware leaves: Linux reads the time in user mode and never writes this register where it has no counters to manage.
    private ulong _scounteren = CounterMask;
    private ulong _senvcfg;
    private ulong _stimecmp = ulong.MaxValue;
    private FloatFlags _fflags;
    private uint _frm;

    private nint _reservation;
    private int _reservedSize;
    private ulong _reservedValue;

    private bool _onDevice;
    private bool _timerDue;
    private int _pauses;
    private ulong _retired;
    private int _quantum;
    private int _remaining;

    // Instructions of this quantum that trapped instead of retiring.
    private int _unretired;

    internal RiscvHart(RiscvMachine machine, int id, AutoResetEvent wake, DecodedPages pages)
    {
        _machine = machine;
        _memory = machine.Memory;
        _bus = machine.Bus;
        Id = id;
        _wake = wake;
        _pages = pages;
        _fetch = _tlb.Fetch[(int)_privilege];
        SelectContext();
    }

    /// <summary>The hart's number, from 0.</summary>
    public int Id { get; }

    /// <summary>Address of the next instruction.</summary>
    public ulong ProgramCounter
    {
        get => _pc;
        set => _pc = value & ~1UL;
    }

    /// <summary>The mode the hart is in.</summary>
    public RiscvPrivilege Privilege
    {
        get => _privilege;
        set => SetPrivilege(value);
    }

    /// <summary>Instructions retired since the machine was made; while the hart runs, a value from a few microseconds ago.</summary>
    public ulong InstructionsRetired => Volatile.Read(ref _retired);

    /// <summary>The value of <c>x0</c> to <c>x31</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such register.</exception>
    public ulong GetRegister(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)index, 31U, nameof(index));
        return _x[index];
    }

    /// <summary>Writes <c>x1</c> to <c>x31</c>; a write to <c>x0</c> has no effect.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such register.</exception>
    public void SetRegister(int index, ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)index, 31U, nameof(index));
        _x[index == 0 ? Slot.Discard : index] = value;
    }

    /// <summary>The bits of <c>f0</c> to <c>f31</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such register.</exception>
    public ulong GetFloatRegister(int index) => _f[Checked(index)];

    /// <summary>Writes the bits of <c>f0</c> to <c>f31</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such register.</exception>
    public void SetFloatRegister(int index, ulong value) => _f[Checked(index)] = value;

    /// <summary>Reads a control and status register by its number; <see langword="false"/> where an instruction in the hart's mode could not.</summary>
    public bool TryReadCsr(int number, out ulong value)
    {
        value = 0;
        return IsReachable(number) && TryReadRegister(number, out value);
    }

    /// <summary>Writes a control and status register as an instruction in the hart's mode would; <see langword="false"/> where it could not.</summary>
    public bool TryWriteCsr(int number, ulong value)
    {
        if (number >> 10 == 3 || !IsReachable(number) || !TryReadRegister(number, out _))
            return false;
        WriteRegister(number, value);
        return true;
    }

    private bool IsReachable(int number) => number is >= 0 and < 4096 && ((number >> 8) & 3) <= (int)_privilege;

    private static int Checked(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)index, 31U, nameof(index));
        return index;
    }

    // While an instruction executes, it is the last of those counted as begun.
    private ulong InstructionsBefore() => _quantum == 0 ? _retired : _retired + (ulong)(_quantum - _remaining - _unretired) - 1;
}
