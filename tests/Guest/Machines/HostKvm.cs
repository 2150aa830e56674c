using Virtio.Kvm;

namespace Virtio.Guest.Tests.Machines;

/// <summary>Whether tests on the KVM machine can run here.</summary>
internal static class HostKvm
{
    /// <summary>Why they cannot; null where they can.</summary>
    internal static readonly string? WhyNot = Find();

    private static string? Find()
    {
        KvmProbeResult result = KvmProbe.Run();
        return result.IsUsable ? null : $"{result.Reason}; eng/with-kvm runs this where KVM is real";
    }
}
