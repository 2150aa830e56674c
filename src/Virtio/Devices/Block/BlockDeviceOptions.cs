namespace Virtio.Devices.Block;

/// <summary>What a block device shows to its driver.</summary>
public sealed record BlockDeviceOptions
{
    /// <summary>Makes the disk read-only even if the storage can write.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>What the guest reads as the disk's serial number: at most 20 ASCII characters.</summary>
    public string SerialNumber { get; init; } = "";

    /// <summary>The most queues a disk may have.</summary>
    public const int MaximumQueues = 256;

    /// <summary>Number of queues, 1 to 256. Each has its own thread. VIRTIO_BLK_F_MQ is offered for more than one.</summary>
    public int Queues { get; init; } = 1;

    /// <summary>
    /// Maximum number of descriptors in a queue, 1 to 32768; a power of two where <see cref="RingFeatures"/> leaves out the packed ring. A
    /// request takes up three or more descriptors, or one with an indirect table, so a driver without indirect tables needs at least four.
    /// </summary>
    public int QueueSize { get; init; } = 256;

    /// <summary>The ring features to offer: see <see cref="IVirtioDevice.RingFeatures"/>.</summary>
    public VirtioFeatures RingFeatures { get; init; } = VirtioFeatures.RingDefault;
}
