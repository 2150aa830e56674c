using Virtio.Riscv;

namespace Virtio.Vmm.Boards.Riscv;

/// <summary>Derives how a guest ended from the state of its harts at the end.</summary>
internal static class RiscvExit
{
    private const int ExtensionRegister = 17; // a7
    private const ulong SystemResetExtension = 0x5352_5354;
    private const int SupervisorStatus = 0x100; // sstatus
    private const ulong SupervisorInterruptEnable = 1 << 1; // sstatus.SIE

    /// <summary>The end of a machine that has stopped.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="reason">The reason that the machine gives.</param>
    /// <param name="kernelDied">Whether the board stopped the machine because the kernel had panicked.</param>
    /// <param name="panicMessage">The panic message that the kernel printed, if there was one.</param>
    public static MicroVmExit Describe(RiscvMachine machine, RiscvStopReason reason, bool kernelDied, string? panicMessage) => reason switch
    {
        RiscvStopReason.Shutdown => new MicroVmExit(MicroVmExitReason.PowerOff),
        RiscvStopReason.Reboot when machine.Harts.Any(IsInPanic) => Panic(panicMessage),
        RiscvStopReason.Reboot => new MicroVmExit(MicroVmExitReason.Reboot),
        RiscvStopReason.SystemFailure => Panic(panicMessage),
        RiscvStopReason.Stopped when kernelDied => Panic(panicMessage),
        RiscvStopReason.Stopped => new MicroVmExit(MicroVmExitReason.Stopped),
        _ => new MicroVmExit(
            MicroVmExitReason.Fault,
            machine.Failure is { } failure ? $"{failure.GetType().Name}: {failure.Message}" : null),
    };

    /// <summary>
    /// After a panic Linux asks for the same reset, with no reason given, as for a reboot. But a panic first disables interrupts and resets
    /// with them disabled, while every path to an orderly reboot has them enabled. The guest's output proves nothing: any guest program can
    /// print those words.
    /// </summary>
    private static bool IsInPanic(RiscvHart hart) =>
        hart.Privilege == RiscvPrivilege.Supervisor
        && hart.GetRegister(ExtensionRegister) == SystemResetExtension
        && hart.TryReadCsr(SupervisorStatus, out var status)
        && (status & SupervisorInterruptEnable) == 0;

    private static MicroVmExit Panic(string? message) => new(MicroVmExitReason.Panic, message);
}
