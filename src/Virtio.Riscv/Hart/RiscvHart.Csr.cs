using Virtio.Riscv.Float;

namespace Virtio.Riscv;

/// <content>Control and status registers.</content>
public sealed partial class RiscvHart
{
    private const ulong InterruptMask =
        (1 << TrapCause.SoftwareInterrupt) | (1 << TrapCause.TimerInterrupt) | (1 << TrapCause.ExternalInterrupt);
    private const ulong Sv39 = 8UL << 60;
    private const ulong RootMask = (1UL << 44) - 1;
    private const ulong FenceOfIo = 1;
    private const ulong CounterMask = 7;

    private bool TryReadRegister(int number, out ulong value)
    {
        value = 0;
        switch (number)
        {
            case CsrNumber.Fflags or CsrNumber.Frm or CsrNumber.Fcsr when (_status & StatusBits.FloatMask) == 0:
                return false;
            case CsrNumber.Fflags:
                value = (ulong)_fflags;
                return true;
            case CsrNumber.Frm:
                value = _frm;
                return true;
            case CsrNumber.Fcsr:
                value = (ulong)_fflags | ((ulong)_frm << 5);
                return true;
            case CsrNumber.Cycle or CsrNumber.Time or CsrNumber.Instret:
                return TryReadCounter(number, out value);
            default:
                return TryReadSupervisor(number, out value);
        }
    }

    private bool TryReadCounter(int number, out ulong value)
    {
        value = number == CsrNumber.Time ? _machine.Clock.Now : InstructionsBefore();
        return _privilege == RiscvPrivilege.Supervisor || ((_scounteren >> (number - CsrNumber.Cycle)) & 1) != 0;
    }

    private bool TryReadSupervisor(int number, out ulong value)
    {
        ulong? found = number switch
        {
            CsrNumber.Sstatus => ReadStatus(),
            CsrNumber.Sie => _sie,
            CsrNumber.Stvec => _stvec,
            CsrNumber.Scounteren => _scounteren,
            CsrNumber.Senvcfg => _senvcfg,
            CsrNumber.Sscratch => _sscratch,
            CsrNumber.Sepc => _sepc,
            CsrNumber.Scause => _scause,
            CsrNumber.Stval => _stval,
            CsrNumber.Sip => ReadPending(),
            CsrNumber.Stimecmp => _stimecmp,
            CsrNumber.Satp => _satp,
            _ => null,
        };
        value = found.GetValueOrDefault();
        return found.HasValue;
    }

    private ulong ReadStatus() =>
        _status | StatusBits.UserLength64 | ((_status & StatusBits.FloatMask) == StatusBits.FloatDirty ? StatusBits.Dirty : 0);

    private ulong ReadPending()
    {
        UpdateTimer();
        return PendingInterrupts();
    }

    /// <summary>
    /// Writes a register that exists; bits that it cannot hold are dropped as the specification says. Returns how the loop continues.
    /// </summary>
    private SystemResult WriteRegister(int number, ulong value)
    {
        switch (number)
        {
            case CsrNumber.Sstatus:
                return WriteStatus(value);
            case CsrNumber.Sie:
                _sie = value & InterruptMask;
                return SystemResult.Leave;
            case CsrNumber.Sip:
                WriteSoftwareInterrupt((value & (1 << TrapCause.SoftwareInterrupt)) != 0);
                return SystemResult.Leave;
            case CsrNumber.Stimecmp:
                WriteTimer(value);
                return SystemResult.Leave;
            case CsrNumber.Satp:
                return WriteRoot(value);
            case CsrNumber.Fflags or CsrNumber.Frm or CsrNumber.Fcsr:
                WriteFloatControl(number, value);
                return SystemResult.Next;
            default:
                WritePlain(number, value);
                return SystemResult.Next;
        }
    }

    private void WritePlain(int number, ulong value)
    {
        switch (number)
        {
            case CsrNumber.Stvec:
                _stvec = value & ~2UL;
                break;
            case CsrNumber.Scounteren:
                _scounteren = value & CounterMask;
                break;
            case CsrNumber.Senvcfg:
                _senvcfg = value & FenceOfIo;
                break;
            case CsrNumber.Sscratch:
                _sscratch = value;
                break;
            case CsrNumber.Sepc:
                _sepc = value & ~1UL;
                break;
            case CsrNumber.Scause:
                _scause = value;
                break;
            case CsrNumber.Stval:
                _stval = value;
                break;
        }
    }

    private void WriteFloatControl(int number, ulong value)
    {
        if (number != CsrNumber.Frm)
            _fflags = (FloatFlags)(value & 31);
        if (number != CsrNumber.Fflags)
            _frm = (uint)(number == CsrNumber.Frm ? value : value >> 5) & 7;
        _status |= StatusBits.FloatDirty;
    }

    private SystemResult WriteStatus(ulong value)
    {
        ulong changed = (_status ^ value) & StatusBits.Writable;
        _status ^= changed;
        if ((changed & StatusBits.ExecutableReadable) != 0)
            _tlb.FlushAll();
        if ((changed & (StatusBits.ExecutableReadable | StatusBits.UserAccess)) != 0)
        {
            SelectContext();
            return IsInterruptReady() ? SystemResult.Leave : SystemResult.Enter;
        }

        return IsInterruptReady() ? SystemResult.Leave : SystemResult.Next;
    }

    // There are no address-space identifiers, and an unknown mode makes the whole write have no effect (privileged spec, 12.1.11).
    private SystemResult WriteRoot(ulong value)
    {
        ulong mode = value & (15UL << 60);
        if (mode is not (0 or Sv39))
            return SystemResult.Next;
        _satp = mode == 0 ? 0 : mode | (value & RootMask);
        FlushTranslations();
        return SystemResult.Enter;
    }

    private void FlushTranslations()
    {
        _tlb.FlushAll();
        SelectContext();
    }

    private void WriteSoftwareInterrupt(bool pending)
    {
        if (pending)
            Interlocked.Or(ref _lines, 1 << TrapCause.SoftwareInterrupt);
        else
            Interlocked.And(ref _lines, ~(1 << TrapCause.SoftwareInterrupt));
    }

    internal void WriteTimer(ulong value)
    {
        _stimecmp = value;
        UpdateTimer();
    }

    private void UpdateTimer() => _timerDue = _stimecmp != ulong.MaxValue && _machine.Clock.Now >= _stimecmp;
}
