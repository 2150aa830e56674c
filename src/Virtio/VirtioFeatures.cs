namespace Virtio;

/// <summary>Feature bits that are the same for all device types (virtio 1.4, 6).</summary>
[Flags]
public enum VirtioFeatures : ulong
{
    /// <summary>No feature.</summary>
    None = 0,

    /// <summary>VIRTIO_F_INDIRECT_DESC: tables of descriptors outside the ring.</summary>
    IndirectDescriptors = 1UL << 28,

    /// <summary>VIRTIO_F_EVENT_IDX: kicks and interrupts suppressed by ring position.</summary>
    EventIndex = 1UL << 29,

    /// <summary>VIRTIO_F_VERSION_1: not the legacy interface. Required of every driver.</summary>
    Version1 = 1UL << 32,

    /// <summary>VIRTIO_F_ACCESS_PLATFORM: addresses are translated by the platform.</summary>
    AccessPlatform = 1UL << 33,

    /// <summary>VIRTIO_F_RING_PACKED: the packed ring layout.</summary>
    RingPacked = 1UL << 34,

    /// <summary>VIRTIO_F_IN_ORDER: buffers are used in the order they were made available.</summary>
    InOrder = 1UL << 35,

    /// <summary>VIRTIO_F_ORDER_PLATFORM: memory accesses are ordered as the platform describes.</summary>
    OrderPlatform = 1UL << 36,

    /// <summary>VIRTIO_F_SR_IOV: single-root I/O virtualization.</summary>
    SingleRootIov = 1UL << 37,

    /// <summary>VIRTIO_F_NOTIFICATION_DATA: kicks carry the ring position.</summary>
    NotificationData = 1UL << 38,

    /// <summary>VIRTIO_F_NOTIF_CONFIG_DATA: kicks carry a value the device chose.</summary>
    NotificationConfigData = 1UL << 39,

    /// <summary>VIRTIO_F_RING_RESET: a queue can be reset on its own.</summary>
    RingReset = 1UL << 40,

    /// <summary>
    /// What a device offers by default for its queues: <see cref="RingPacked"/>, <see cref="IndirectDescriptors"/>,
    /// <see cref="EventIndex"/> and <see cref="RingReset"/>. A driver that does not accept <see cref="RingPacked"/> uses split rings.
    /// </summary>
    RingDefault = RingPacked | IndirectDescriptors | EventIndex | RingReset,
}
