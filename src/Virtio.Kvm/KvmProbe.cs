using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Virtio.Kvm.Interop;

namespace Virtio.Kvm;

/// <summary>
/// Finds out whether this host's KVM is usable by running a guest of a few thousand instructions, which takes a few milliseconds.
/// Thread-safe; does not throw.
/// </summary>
public static class KvmProbe
{
    /// <summary>
    /// The most nanoseconds that a ring 0 instruction may take. Processors need less than 1; QEMU's emulation with its own KVM inside needs
    /// less than 30. A KVM that interprets the guest's kernel needs hundreds, and it also lacks instructions that kernels need to boot.
    /// </summary>
    internal const double SlowestInstruction = 100;

    // Far above the needs of the slowest usable KVM, even on a busy host that compiles this code as it goes.
    // Only a guest that never stops reaches the limit.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private static readonly (KvmCapability Capability, string Name)[] Needed =
    [
        (KvmCapability.InterruptController, "KVM_CAP_IRQCHIP"),
        (KvmCapability.UserMemory, "KVM_CAP_USER_MEMORY"),
        (KvmCapability.SetTssAddress, "KVM_CAP_SET_TSS_ADDR"),
        (KvmCapability.ExtendedCpuid, "KVM_CAP_EXT_CPUID"),
        (KvmCapability.MpState, "KVM_CAP_MP_STATE"),
        (KvmCapability.InterruptEvent, "KVM_CAP_IRQFD"),
        (KvmCapability.Pit, "KVM_CAP_PIT2"),
        (KvmCapability.IoEvent, "KVM_CAP_IOEVENTFD"),
        (KvmCapability.ImmediateExit, "KVM_CAP_IMMEDIATE_EXIT"),
    ];

    /// <summary>Runs the probe.</summary>
    public static KvmProbeResult Run() => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64
        ? Run(KvmSystem.DevicePath)
        : new KvmProbeResult(false, $"KVM is used on Linux on x86-64 only; this is {RuntimeInformation.RuntimeIdentifier}");

    [SupportedOSPlatform("linux")]
    internal static KvmProbeResult Run(string path)
    {
        try
        {
            using KvmSystem system = KvmSystem.Open(path);
            foreach ((KvmCapability capability, string name) in Needed)
            {
                if (system.CheckExtension(capability) == 0)
                    return new KvmProbeResult(false, $"this KVM lacks {name}");
            }

            return Measure(system);
        }
        catch (KvmException e)
        {
            return new KvmProbeResult(false, Explain(e, path));
        }
    }

    /// <summary>The meaning of a failure for a user of KVM.</summary>
    internal static string Explain(KvmException exception, string path) => exception.ErrorNumber switch
    {
        ErrorNumbers.NoEntry when exception.Call == path =>
            $"there is no {path}: the processor's virtualization is switched off, or the module kvm_amd or kvm_intel is not loaded",
        ErrorNumbers.PermissionDenied or ErrorNumbers.AccessDenied when exception.Call == path =>
            $"{path} may not be opened by this user; 'sudo usermod -aG kvm $USER' and a new login help",
        _ => exception.Message,
    };

    /// <summary>The result for a measured time.</summary>
    /// <param name="nanoseconds">The time of one instruction.</param>
    internal static KvmProbeResult Judge(double nanoseconds) => nanoseconds <= SlowestInstruction
        ? new KvmProbeResult(true, "KVM runs guests on the processor itself")
        : new KvmProbeResult(false, "KVM on this host is emulated and slow")
        {
            Measured = string.Create(CultureInfo.InvariantCulture, $"an instruction of a guest's kernel takes {nanoseconds:F0} ns"),
        };

    [SupportedOSPlatform("linux")]
    private static KvmProbeResult Measure(KvmSystem system)
    {
        using var guest = new CountingGuest(system);
        KvmProbeResult? result = null;

        // A separate thread, because running a vCPU changes the signal mask of its thread.
        var thread = new Thread(() => result = Measure(guest)) { IsBackground = true, Name = "kvm-probe" };
        thread.Start();
        if (!thread.Join(Limit))
            guest.Stop();
        thread.Join();
        return result!;
    }

    [SupportedOSPlatform("linux")]
    private static KvmProbeResult Measure(CountingGuest guest)
    {
        try
        {
            return guest.Measure() is { } nanoseconds
                ? Judge(nanoseconds)
                : new KvmProbeResult(
                    false,
                    $"a guest of a few thousand instructions does not come to its end on this KVM within {Limit.TotalSeconds:F0} s");
        }
        catch (KvmException e)
        {
            return new KvmProbeResult(false, e.Message);
        }
    }
}
