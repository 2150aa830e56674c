using Virtio.Kvm;
using Virtio.Vmm.Linux;

namespace Virtio.Vmm;

/// <summary>Which kind of machine a guest gets on this host, and why.</summary>
/// <param name="Machine">The kind; never <see cref="MicroVmMachine.Auto"/>.</param>
/// <param name="Reason">Why that one: one line for a person, without a full stop.</param>
public sealed record MicroVmMachineChoice(MicroVmMachine Machine, string Reason)
{
    /// <summary>What was measured of this host's KVM, where that decided: one line, without a full stop. Null otherwise.</summary>
    public string? Measured { get; init; }

    // It runs a guest for a few milliseconds, and finds the same each time.
    private static readonly Lazy<KvmProbeResult> Probe = new(KvmProbe.Run);

    /// <summary>Whether KVM runs guests at the processor's speed here.</summary>
    internal static bool HasKvm => Probe.Value.IsUsable;

    /// <summary>
    /// Chooses. Whether KVM is of use here is found out the first time it matters, by a tiny guest that runs for a few milliseconds. Thread-safe.
    /// </summary>
    /// <param name="wanted">What was asked for.</param>
    /// <param name="kernel">The kernel, which decides where <see cref="MicroVmMachine.Auto"/> was asked for. Null: the best this host can do.</param>
    /// <exception cref="PlatformNotSupportedException">KVM was asked for and is of no use here; the message says why.</exception>
    /// <exception cref="BootException">The kernel cannot be read, or runs on no machine that this host can be; the message says why.</exception>
    public static MicroVmMachineChoice For(MicroVmMachine wanted = MicroVmMachine.Auto, BootSource? kernel = null) =>
        wanted == MicroVmMachine.Software ? AsAsked(wanted) : Choose(wanted, kernel, Probe.Value);

    /// <summary>The same for a host of which this was found.</summary>
    internal static MicroVmMachineChoice Choose(MicroVmMachine wanted, BootSource? kernel, KvmProbeResult kvm)
    {
        if (wanted == MicroVmMachine.Software)
            return AsAsked(wanted);
        if (wanted == MicroVmMachine.Kvm)
            return kvm.IsUsable ? AsAsked(wanted) : throw new PlatformNotSupportedException($"the KVM machine does not run here: {kvm.Reason}");

        var architecture = kernel is null ? KernelArchitecture.Unknown : KernelFormat.ArchitectureOf(kernel);
        if (architecture == KernelArchitecture.X86 && !kvm.IsUsable)
            throw new BootException($"cannot boot '{kernel}': it is an x86 kernel, which needs KVM, and {kvm.Reason}");
        return kvm.IsUsable && architecture == KernelArchitecture.Riscv64 ? new MicroVmMachineChoice(MicroVmMachine.Software, "the kernel is for riscv64")
            : new MicroVmMachineChoice(kvm.IsUsable ? MicroVmMachine.Kvm : MicroVmMachine.Software, kvm.Reason) { Measured = kvm.Measured };
    }

    private static MicroVmMachineChoice AsAsked(MicroVmMachine machine) => new(machine, "as asked for");
}
