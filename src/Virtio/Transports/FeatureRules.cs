namespace Virtio.Transports;

/// <summary>Which sets of features a driver may take (virtio 1.4, 2.2 and 6).</summary>
internal static class FeatureRules
{
    /// <summary>
    /// What a device may have offered of its queues. Orders and addresses of the platform are the guest's own here, so that the last two change nothing.
    /// </summary>
    internal const VirtioFeatures Ring = VirtioFeatures.RingDefault | VirtioFeatures.InOrder | VirtioFeatures.NotificationData
        | VirtioFeatures.AccessPlatform | VirtioFeatures.OrderPlatform;

    internal static ulong Offered(ulong deviceFeatures, VirtioFeatures ringFeatures) =>
        deviceFeatures | (ulong)((ringFeatures & Ring) | VirtioFeatures.Version1);

    /// <summary>
    /// Why a set of features cannot be accepted, as the end of a sentence; null when it can. The legacy interface is not served: without VERSION_1 the
    /// requests of some devices have another form (virtio 1.4, 6.2).
    /// </summary>
    internal static string? FaultOf(ulong offered, ulong taken)
    {
        if ((taken & ~offered) != 0)
            return $"the driver accepted features that are not offered (0x{taken & ~offered:x})";
        return ((VirtioFeatures)taken).HasFlag(VirtioFeatures.Version1) ? null : "the driver did not accept VIRTIO_F_VERSION_1";
    }
}
