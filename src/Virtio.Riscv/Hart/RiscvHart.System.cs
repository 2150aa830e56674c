using System.Runtime.CompilerServices;

namespace Virtio.Riscv;

/// <content>The SYSTEM instructions, FENCE.I and PAUSE.</content>
public sealed partial class RiscvHart
{
    private const int PausesBeforeYield = 64;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private SystemResult ExecuteSystem(Op op, uint insn, int step)
    {
        ulong next = _pc + ((ulong)step << 1);
        if (op == Op.Pause)
            return Pause();
        if (op == Op.FenceInstruction)
            return FenceInstructions(next);
        return (insn >> 12 & 7) is 0 or 4 ? ExecuteControl(insn, next) : ExecuteRegisterAccess(insn, next);
    }

    // With more harts than host processors, the hart that holds the lock this hart spins on may be waiting for a processor.
    private SystemResult Pause()
    {
        if (++_pauses % PausesBeforeYield == 0)
            Thread.Yield();
        return SystemResult.Next;
    }

    private SystemResult FenceInstructions(ulong next)
    {
        DropFetched();
        _pc = next;
        return SystemResult.Enter;
    }

    private void DropFetched()
    {
        _pages.StartEpoch();
        _tlb.FlushFetch();
    }

    private SystemResult ExecuteControl(uint insn, ulong next)
    {
        const uint EnvironmentCall = 0x0000_0073, Break = 0x0010_0073, SupervisorReturn = 0x1020_0073, Wait = 0x1050_0073;
        switch (insn)
        {
            case EnvironmentCall:
                return Call(next);
            case Break:
                RaiseTrap(TrapCause.Breakpoint, _pc);
                return SystemResult.Enter;
        }

        const uint FenceMask = 0xFE00_7FFF, TranslationFence = 0x1200_0073;
        if (_privilege == RiscvPrivilege.User || (insn is not (SupervisorReturn or Wait) && (insn & FenceMask) != TranslationFence))
            return Illegal();
        switch (insn)
        {
            case SupervisorReturn:
                ReturnFromTrap();
                return IsInterruptReady() ? SystemResult.Leave : SystemResult.Enter;
            case Wait:
                _pc = next;
                WaitForInterrupt();
                return SystemResult.Leave;
        }

        int register = (int)(insn >> 15) & 31;
        if (register == 0)
            FlushTranslations();
        else
            FlushPage(_x[register]);
        _pc = next;
        return SystemResult.Enter;
    }

    private void FlushPage(ulong address)
    {
        _tlb.FlushPage(address);
        SelectContext();
    }

    private SystemResult Call(ulong next)
    {
        if (_privilege == RiscvPrivilege.User)
        {
            RaiseTrap(TrapCause.UserCall, 0);
            return SystemResult.Enter;
        }

        _pc = next;
        _machine.Firmware.Call(this);
        return SystemResult.Leave;
    }

    private SystemResult Illegal()
    {
        RaiseIllegalInstruction();
        return SystemResult.Enter;
    }

    private SystemResult ExecuteRegisterAccess(uint insn, ulong next)
    {
        int number = (int)(insn >> 20), source = (int)(insn >> 15) & 31, rd = (int)(insn >> 7) & 31;
        uint function = (insn >> 12) & 7;
        bool write = (function & 3) == 1 || source != 0;
        int level = (number >> 8) & 3;
        if (level > (int)_privilege || (write && number >> 10 == 3) || !TryReadRegister(number, out ulong old))
            return Illegal();

        ulong operand = function >= 4 ? (ulong)source : _x[source];
        _x[rd == 0 ? Slot.Discard : rd] = old;
        if (!write)
            return SystemResult.Next;
        // Setting or clearing bits of sip must not write back an interrupt that another hart raised since the read.
        SystemResult result = number == CsrNumber.Sip && (function & 3) != 1 && (operand & (1 << TrapCause.SoftwareInterrupt)) == 0
            ? SystemResult.Next
            : WriteRegister(number, (function & 3) switch { 1 => operand, 2 => old | operand, _ => old & ~operand });
        if (result != SystemResult.Next)
            _pc = next;
        return result;
    }
}
