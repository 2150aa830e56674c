using System.Runtime.Versioning;
using Virtio.Kvm;

namespace Virtio.Vmm.Boards.X86;

/// <summary>Derives how a guest ended from the last exit of its processor. For the vCPU's thread.</summary>
[SupportedOSPlatform("linux")]
internal static class X86Exit
{
    private const uint UnexpectedExit = 4; // KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON

    /// <summary>The end that a guest asked for.</summary>
    /// <summary>The end after a guest's power request.</summary>
    /// <param name="request">The guest's request.</param>
    /// <param name="vcpu">The processor that made it.</param>
    /// <param name="panicMessage">The panic message that the kernel printed, if there was one.</param>
    public static MicroVmExit Of(X86PowerRequest request, KvmVcpu vcpu, string? panicMessage) => request switch
    {
        X86PowerRequest.PowerOff => new MicroVmExit(MicroVmExitReason.PowerOff),
        _ when X86Panic.IsLastStep(vcpu, panicMessage is not null) => new MicroVmExit(MicroVmExitReason.Panic, panicMessage),
        _ => new MicroVmExit(MicroVmExitReason.Reboot),
    };

    /// <summary>The end of a guest that cannot go on after an exit.</summary>
    public static MicroVmExit Of(KvmExitReason reason, KvmVcpu vcpu) => reason switch
    {
        // Kernels have two other ways to reboot on this board, so a triple fault always counts as a crash.
        KvmExitReason.Shutdown => Crash(vcpu, "it could not deliver an exception (a triple fault)"),

        // Invalid data in the guest's memory leads here as it leads to exceptions; KVM has no exception to inject for it.
        KvmExitReason.InternalError when vcpu.InternalError is { Kind: not UnexpectedExit } error => Crash(vcpu, $"KVM met {error}"),
        KvmExitReason.InternalError => Fault(vcpu, $"KVM met {vcpu.InternalError}"),
        KvmExitReason.FailedEntry => Fault(vcpu, $"it did not take the guest's state (reason 0x{vcpu.EntryFailure:x})"),
        KvmExitReason.SystemEvent when vcpu.SystemEvent == KvmSystemEvent.Shutdown => new MicroVmExit(MicroVmExitReason.PowerOff),
        KvmExitReason.SystemEvent when vcpu.SystemEvent == KvmSystemEvent.Reset => new MicroVmExit(MicroVmExitReason.Reboot),
        KvmExitReason.SystemEvent when vcpu.SystemEvent == KvmSystemEvent.Crash => Crash(vcpu, "its kernel said that it crashed"),
        _ => Fault(vcpu, $"KVM stopped it for a reason that is not known here ({reason})"),
    };

    private static MicroVmExit Crash(KvmVcpu vcpu, string what) => new(MicroVmExitReason.Panic, Detail(vcpu, what));

    private static MicroVmExit Fault(KvmVcpu vcpu, string what) => new(MicroVmExitReason.Fault, Detail(vcpu, what));

    private static string Detail(KvmVcpu vcpu, string what) => $"processor {vcpu.Id} stopped at RIP 0x{vcpu.GetRegisters().Rip:x}: {what}";
}
