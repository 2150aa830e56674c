using Virtio.Kvm;

namespace Virtio.Guest.Tests.Machines;

/// <summary>Whether tests on the KVM machine can run here.</summary>
internal static class HostKvm
{
    /// <summary>Set by <c>eng/with-kvm</c> where it emulates the processor: KVM is real there, and slow.</summary>
    private static readonly bool IsEmulated = Environment.GetEnvironmentVariable("VIRTIO_WITH_KVM_EMULATED") == "1";

    private static readonly KvmProbeResult Probe = KvmProbe.Run();

    private static readonly bool ShortRun = Environment.GetEnvironmentVariable("VIRTIO_TEST_ALL") == "0";

    /// <summary>Why a test does not run here; null where it does.</summary>
    /// <param name="inEveryRun">Whether it also runs when only the short tests are asked for.</param>
    internal static string? WhyNot(bool inEveryRun)
    {
        if (!Probe.IsUsable)
            return $"{Probe.Reason}; eng/with-kvm runs this where KVM is real";
        return IsEmulated && ShortRun && !inEveryRun ? "it takes long in an emulated processor; ./build test --all runs it" : null;
    }
}
