using Virtio.Kvm;
using Virtio.Vmm.Linux;

namespace Virtio.Vmm;

/// <summary>The kind of machine that a guest gets on this host, and why.</summary>
/// <param name="Machine">The kind; never <see cref="MicroVmMachine.Auto"/>.</param>
/// <param name="Reason">The reason for that kind: one line for a user, without a full stop.</param>
public sealed record MicroVmMachineChoice(MicroVmMachine Machine, string Reason)
{
    /// <summary>The measurement of this host's KVM, if that decided: one line, without a full stop. Null otherwise.</summary>
    public string? Measured { get; init; }

    // The probe runs a guest for a few milliseconds and gives the same result each time, so it runs once.
    private static readonly Lazy<KvmProbeResult> Probe = new(KvmProbe.Run);

    /// <summary>Whether KVM runs guests at the processor's speed here.</summary>
    internal static bool HasKvm => Probe.Value.IsUsable;

    /// <summary>
    /// Chooses the machine. The first time KVM matters,
    /// a tiny guest runs for a few milliseconds to find out whether KVM is usable. Thread-safe.
    /// </summary>
    /// <param name="wanted">The requested kind.</param>
    /// <param name="kernel">
    /// The kernel, which decides if <see cref="MicroVmMachine.Auto"/> was requested. Null: the fastest machine of this host.
    /// </param>
    /// <exception cref="PlatformNotSupportedException">KVM was requested and is not usable here; the message says why.</exception>
    /// <exception cref="BootException">The kernel cannot be read, or no machine of this host can run it; the message says why.</exception>
    public static MicroVmMachineChoice For(MicroVmMachine wanted = MicroVmMachine.Auto, BootSource? kernel = null) =>
        wanted == MicroVmMachine.Software ? AsAsked(wanted) : Choose(wanted, kernel, Probe.Value);

    /// <summary>As <see cref="For"/>, for a host with this probe result.</summary>
    internal static MicroVmMachineChoice Choose(MicroVmMachine wanted, BootSource? kernel, KvmProbeResult kvm)
    {
        if (wanted == MicroVmMachine.Software)
            return AsAsked(wanted);
        if (wanted == MicroVmMachine.Kvm)
        {
            return kvm.IsUsable
                ? AsAsked(wanted)
                : throw new PlatformNotSupportedException($"the KVM machine does not run here: {kvm.Reason}");
        }

        var architecture = kernel is null ? KernelArchitecture.Unknown : KernelFormat.ArchitectureOf(kernel);
        if (architecture == KernelArchitecture.X86 && !kvm.IsUsable)
            throw new BootException($"cannot boot '{kernel}': it is an x86 kernel, which needs KVM, and {kvm.Reason}");
        return kvm.IsUsable && architecture == KernelArchitecture.Riscv64
            ? new MicroVmMachineChoice(MicroVmMachine.Software, "the kernel is for riscv64")
            : new MicroVmMachineChoice(kvm.IsUsable ? MicroVmMachine.Kvm : MicroVmMachine.Software, kvm.Reason) { Measured = kvm.Measured };
    }

    private static MicroVmMachineChoice AsAsked(MicroVmMachine machine) => new(machine, "as asked for");
}
