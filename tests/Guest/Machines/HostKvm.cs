using Virtio.Kvm;

namespace Virtio.Guest.Tests.Machines;

/// <summary>Tells whether tests on the KVM machine can run on this host.</summary>
internal static class HostKvm
{
    /// <summary>The reason why they cannot run; null when they can.</summary>
    internal static readonly string? WhyNot = Find();

    private static string? Find()
    {
        KvmProbeResult result = KvmProbe.Run();
        return result.IsUsable ? null : $"{result.Reason}; eng/with-kvm runs this where KVM is real";
    }
}
