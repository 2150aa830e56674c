namespace Virtio.Riscv;

/// <content>Entering and leaving traps.</content>
public sealed partial class RiscvHart
{
    /// <summary>Takes an exception at <see cref="_pc"/>. The instruction counts as begun but not as retired.</summary>
    private void RaiseTrap(ulong cause, ulong value)
    {
        _unretired++;
        EnterTrap(cause, value);
    }

    private void RaiseIllegalInstruction() => RaiseTrap(TrapCause.IllegalInstruction, CurrentInstruction());

    private void RaiseAccess(WalkResult result, AccessKind kind, ulong address) => RaiseTrap(
        kind switch
        {
            AccessKind.Fetch => result == WalkResult.PageFault ? TrapCause.InstructionPageFault : TrapCause.InstructionAccessFault,
            AccessKind.Load => result == WalkResult.PageFault ? TrapCause.LoadPageFault : TrapCause.LoadAccessFault,
            _ => result == WalkResult.PageFault ? TrapCause.StorePageFault : TrapCause.StoreAccessFault,
        },
        address);

    private void EnterTrap(ulong cause, ulong value)
    {
        _sepc = _pc;
        _scause = cause;
        _stval = value;
        ulong status = _status & ~(StatusBits.PreviousPrivilege | StatusBits.PreviousInterruptEnable | StatusBits.InterruptEnable);
        if (_privilege == RiscvPrivilege.Supervisor)
            status |= StatusBits.PreviousPrivilege;
        if ((_status & StatusBits.InterruptEnable) != 0)
            status |= StatusBits.PreviousInterruptEnable;
        _status = status;
        _pc = _stvec & ~3UL;
        if ((_stvec & 1) != 0 && (cause & TrapCause.Interrupt) != 0)
            _pc += (cause & ~TrapCause.Interrupt) << 2;
        SetPrivilege(RiscvPrivilege.Supervisor);
    }

    private void ReturnFromTrap()
    {
        RiscvPrivilege privilege = (_status & StatusBits.PreviousPrivilege) != 0 ? RiscvPrivilege.Supervisor : RiscvPrivilege.User;
        ulong status = _status & ~(StatusBits.PreviousPrivilege | StatusBits.InterruptEnable);
        if ((_status & StatusBits.PreviousInterruptEnable) != 0)
            status |= StatusBits.InterruptEnable;
        _status = status | StatusBits.PreviousInterruptEnable;
        _pc = _sepc;
        _reservation = 0;
        SetPrivilege(privilege);
    }

    private void SetPrivilege(RiscvPrivilege privilege)
    {
        _privilege = privilege;
        SelectContext();
    }

    /// <summary>
    /// Selects the TLB entries for the current privilege and SUM. Must be called after either has changed and after every flush.
    /// </summary>
    private void SelectContext()
    {
        _context = _privilege == RiscvPrivilege.User ? TranslationBuffers.User
            : (_status & StatusBits.UserAccess) != 0 ? TranslationBuffers.SupervisorWithUserAccess
            : TranslationBuffers.Supervisor;
        _fetch = _tlb.Fetch[(int)_privilege];
        _tlb.Prepare(_context);
    }

    private ulong PendingInterrupts() => (uint)Volatile.Read(ref _lines) | (_timerDue ? 1UL << TrapCause.TimerInterrupt : 0);

    private bool IsInterruptReady() =>
        (PendingInterrupts() & _sie) != 0 && (_privilege == RiscvPrivilege.User || (_status & StatusBits.InterruptEnable) != 0);

    private void TakeInterrupt()
    {
        if (!IsInterruptReady())
            return;
        ulong ready = PendingInterrupts() & _sie;
        ulong number = (ready & (1UL << TrapCause.ExternalInterrupt)) != 0 ? TrapCause.ExternalInterrupt
            : (ready & (1UL << TrapCause.SoftwareInterrupt)) != 0 ? TrapCause.SoftwareInterrupt
            : (ulong)TrapCause.TimerInterrupt;
        EnterTrap(number | TrapCause.Interrupt, 0);
    }
}
