namespace Virtio.Devices.Block;

/// <summary>The feature bits of the block device (virtio 1.4, 5.2.3) that this implementation offers.</summary>
[Flags]
internal enum BlockFeatures : ulong
{
    /// <summary>No feature.</summary>
    None = 0,

    /// <summary>VIRTIO_BLK_F_SEG_MAX: the number of segments in a request is limited.</summary>
    SegmentMaximum = 1UL << 2,

    /// <summary>VIRTIO_BLK_F_RO: the device is read-only.</summary>
    ReadOnly = 1UL << 5,

    /// <summary>VIRTIO_BLK_F_BLK_SIZE: the block size is in the configuration.</summary>
    BlockSize = 1UL << 6,

    /// <summary>VIRTIO_BLK_F_FLUSH: the device serves FLUSH requests.</summary>
    Flush = 1UL << 9,

    /// <summary>VIRTIO_BLK_F_MQ: there are several queues, and their number is in the configuration.</summary>
    MultipleQueues = 1UL << 12,
}
