namespace Virtio.Transports;

/// <summary>Which sets of features a driver may take (virtio 1.4, 2.2 and 6).</summary>
internal static class FeatureRules
{
    /// <summary>Offered for every device, whatever its type.</summary>
    internal const VirtioFeatures Offered =
        VirtioFeatures.Version1 | VirtioFeatures.RingPacked | VirtioFeatures.IndirectDescriptors | VirtioFeatures.EventIndex;

    /// <summary>Without these a device cannot be driven: the legacy interface and the split ring are not served.</summary>
    internal const VirtioFeatures Required = VirtioFeatures.Version1 | VirtioFeatures.RingPacked;

    internal static bool IsAcceptable(ulong offered, ulong taken) =>
        (taken & ~offered) == 0 && ((VirtioFeatures)taken & Required) == Required;
}
