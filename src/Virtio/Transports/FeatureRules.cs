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

    /// <summary>The legacy interface is not served.</summary>
    internal static bool IsAcceptable(ulong offered, ulong taken) =>
        (taken & ~offered) == 0 && ((VirtioFeatures)taken).HasFlag(VirtioFeatures.Version1);
}
