using Virtio.Riscv.Float;

namespace Virtio.Riscv;

/// <summary>
/// One RV64GC hart with supervisor and user mode. Its registers may be read and written only while it is not running: before
/// <see cref="RiscvMachine.Start"/>, after <see cref="RiscvMachine.Completion"/>, or between calls of <see cref="Run"/>.
/// </summary>
public sealed partial class RiscvHart
{
    // The executable pages in use at once: a distribution kernel and its first programs execute from about 1,600 pages.
    internal const int DecodedPageCount = 2048;

    private readonly RiscvMachine _machine;
    private readonly PhysicalMemory _memory;
    private readonly IRiscvBus? _bus;
    private readonly TranslationBuffers _tlb = new();
    private readonly DecodedPages _pages;
    private readonly ulong[] _x = GC.AllocateArray<ulong>(Slot.Discard + 1, pinned: true);
    private readonly ulong[] _f = new ulong[32];

    // Every field below is owned by the thread that runs the hart, and by the embedder while the hart does not run.

    // The address of the next instruction. While the loop executes, only as of its last exit or slow instruction.
    private ulong _pc;
    private RiscvPrivilege _privilege = RiscvPrivilege.Supervisor;

    // The TLB context and the fetch entries for _privilege and SUM; SelectContext sets both.
    private int _context;
    private FetchEntry[] _fetch;

    // The control and status registers of the same names.
    private ulong _status;
    private ulong _sie;
    private ulong _stvec;
    private ulong _sscratch;
    private ulong _sepc;
    private ulong _scause;
    private ulong _stval;
    private ulong _satp;

    // The value that firmware leaves: Linux reads the time in user mode, and does not write this register if it has no counters to manage.
    private ulong _scounteren = CounterMask;
    private ulong _senvcfg;
    private ulong _stimecmp = ulong.MaxValue;
    private FloatFlags _fflags;
    private uint _frm;

    // The reservation of the last LR: its host address (0 if there is none), its size in bytes, and the value that LR read.
    private nint _reservation;
    private int _reservedSize;
    private ulong _reservedValue;

    // Locate found the access outside RAM. Its callers clear it first.
    private bool _onDevice;

    // The timer interrupt is pending, as of the last UpdateTimer.
    private bool _timerDue;

    // PAUSE instructions executed so far.
    private int _pauses;

    // Instructions retired before the current quantum. Other threads read it.
    private ulong _retired;

    // Instructions in the current quantum; 0 between quanta.
    private int _quantum;

    // Instructions left of the quantum, as of the last SYSTEM instruction.
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

    /// <summary>The current privilege mode.</summary>
    public RiscvPrivilege Privilege
    {
        get => _privilege;
        set => SetPrivilege(value);
    }

    /// <summary>Instructions retired since the machine was created; while the hart runs, a value from a few microseconds ago.</summary>
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

    /// <summary>
    /// Reads a control and status register by its number; <see langword="false"/> if an instruction in the hart's mode could not read it.
    /// </summary>
    public bool TryReadCsr(int number, out ulong value)
    {
        value = 0;
        return IsReachable(number) && TryReadRegister(number, out value);
    }

    /// <summary>
    /// Writes a control and status register as an instruction in the hart's mode would;
    /// <see langword="false"/> if the instruction could not.
    /// </summary>
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

    // An instruction that is executing is the last one that counts as begun.
    private ulong InstructionsBefore() => _quantum == 0 ? _retired : _retired + (ulong)(_quantum - _remaining - _unretired) - 1;
}
