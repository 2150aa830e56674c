using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Virtio.Kvm.Interop;

namespace Virtio.Kvm;

/// <summary>Finds out whether this host's KVM is of use, by running a guest of a few thousand instructions on it: a few milliseconds. Thread-safe; throws nothing.</summary>
public static class KvmProbe
{
    /// <summary>
    /// Nanoseconds an instruction of ring 0 may take. Processors need less than 1, and one that is emulated by QEMU with its own KVM inside less than 30; a KVM that
    /// interprets the guest's kernel needs hundreds, and is also where instructions are missing that kernels start with.
    /// </summary>
    internal const double SlowestInstruction = 100;

    // Far above what the slowest kind needs, on a host that is busy and compiles this as it goes: only a guest that never stops gets there.
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

    /// <summary>Probes.</summary>
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

    /// <summary>What a failure means for who wants to use KVM.</summary>
    internal static string Explain(KvmException exception, string path) => exception.ErrorNumber switch
    {
        ErrorNumbers.NoEntry when exception.Call == path => $"there is no {path}: the processor's virtualization is switched off, or the module kvm_amd or kvm_intel is not loaded",
        ErrorNumbers.PermissionDenied or ErrorNumbers.AccessDenied when exception.Call == path => $"{path} may not be opened by this user; 'sudo usermod -aG kvm $USER' and a new login help",
        _ => exception.Message,
    };

    /// <summary>What times mean.</summary>
    /// <param name="nanoseconds">Of an instruction.</param>
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

        // A thread of its own, because running a vCPU changes which signals its thread takes.
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
                : new KvmProbeResult(false, $"a guest of a few thousand instructions does not come to its end on this KVM within {Limit.TotalSeconds:F0} s");
        }
        catch (KvmException e)
        {
            return new KvmProbeResult(false, e.Message);
        }
    }
}
