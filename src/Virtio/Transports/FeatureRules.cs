namespace Virtio.Transports;

/// <summary>Which features a transport offers, and which sets of them a driver may accept (virtio 1.4, 2.2 and 6).</summary>
internal static class FeatureRules
{
    /// <summary>
    /// The queue and ring features that a device may offer. The last two change nothing here: the platform's addresses are the guest's
    /// physical addresses, and its memory order is that of ordinary RAM.
    /// </summary>
    internal const VirtioFeatures Ring = VirtioFeatures.RingDefault | VirtioFeatures.InOrder | VirtioFeatures.NotificationData
        | VirtioFeatures.AccessPlatform | VirtioFeatures.OrderPlatform;

    internal static ulong Offered(ulong deviceFeatures, VirtioFeatures ringFeatures) =>
        deviceFeatures | (ulong)((ringFeatures & Ring) | VirtioFeatures.Version1);

    /// <summary>
    /// The reason to refuse a set of features, for a message; null when the set is accepted. The legacy interface is not supported: without
    /// VERSION_1 the requests of some devices have another form (virtio 1.4, 6.2).
    /// </summary>
    internal static string? FaultOf(ulong offered, ulong taken)
    {
        if ((taken & ~offered) != 0)
            return $"the driver accepted features that are not offered (0x{taken & ~offered:x})";
        return ((VirtioFeatures)taken).HasFlag(VirtioFeatures.Version1) ? null : "the driver did not accept VIRTIO_F_VERSION_1";
    }
}
