using Virtio.Riscv;

namespace Virtio.Vmm.Boards.Riscv;

/// <summary>Says how a guest ended, of what its processor was doing when it did.</summary>
internal static class RiscvExit
{
    private const int ExtensionRegister = 17; // a7
    private const ulong SystemResetExtension = 0x5352_5354;
    private const int SupervisorStatus = 0x100; // sstatus
    private const ulong SupervisorInterruptEnable = 1 << 1; // sstatus.SIE

    /// <summary>The end of a machine that has stopped.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="reason">What its processor says.</param>
    /// <param name="kernelDied">Whether it was stopped because its kernel had.</param>
    /// <param name="panicMessage">What its kernel has printed, if it was a panic.</param>
    public static MicroVmExit Describe(RiscvMachine machine, RiscvStopReason reason, bool kernelDied, string? panicMessage) => reason switch
    {
        RiscvStopReason.Shutdown => new MicroVmExit(MicroVmExitReason.PowerOff),
        RiscvStopReason.Reboot when machine.Harts.Any(IsInPanic) => Panic(panicMessage),
        RiscvStopReason.Reboot => new MicroVmExit(MicroVmExitReason.Reboot),
        RiscvStopReason.SystemFailure => Panic(panicMessage),
        RiscvStopReason.Stopped when kernelDied => Panic(panicMessage),
        RiscvStopReason.Stopped => new MicroVmExit(MicroVmExitReason.Stopped),
        _ => new MicroVmExit(MicroVmExitReason.Fault, machine.Failure is { } failure ? $"{failure.GetType().Name}: {failure.Message}" : null),
    };

    /// <summary>
    /// Linux asks for the same reset, with no reason given, after a panic as for a reboot. But a panic disables interrupts as its first step and resets from
    /// there, while every way to an orderly reboot has them enabled. What a guest prints proves nothing: any of its programs can print those words.
    /// </summary>
    private static bool IsInPanic(RiscvHart hart) =>
        hart.Privilege == RiscvPrivilege.Supervisor
        && hart.GetRegister(ExtensionRegister) == SystemResetExtension
        && hart.TryReadCsr(SupervisorStatus, out var status)
        && (status & SupervisorInterruptEnable) == 0;

    private static MicroVmExit Panic(string? message) => new(MicroVmExitReason.Panic, message);
}
