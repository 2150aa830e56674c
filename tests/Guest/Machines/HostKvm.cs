namespace Virtio.Guest.Tests.Machines;

/// <summary>Whether tests on the KVM machine can run here.</summary>
internal static class HostKvm
{
    /// <summary>Set by <c>eng/with-kvm</c> where it emulates the processor: KVM is real there, and slow.</summary>
    private static readonly bool IsEmulated = Environment.GetEnvironmentVariable("VIRTIO_WITH_KVM_EMULATED") == "1";

    private static readonly bool ShortRun = Environment.GetEnvironmentVariable("VIRTIO_TEST_ALL") == "0";

    /// <summary>Why a test does not run here; null where it does.</summary>
    /// <param name="inEveryRun">Whether it also runs when only the short tests are asked for.</param>
    internal static string? WhyNot(bool inEveryRun)
    {
        if (!Directory.Exists("/sys/module/kvm_amd") && !Directory.Exists("/sys/module/kvm_intel"))
            return "KVM does not run guests at speed here; eng/with-kvm runs this where it does";
        return IsEmulated && ShortRun && !inEveryRun ? "it takes long in an emulated processor; ./build test --all runs it" : null;
    }
}
