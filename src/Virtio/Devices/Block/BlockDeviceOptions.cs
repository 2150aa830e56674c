namespace Virtio.Devices.Block;

/// <summary>How a block device shows itself to its driver.</summary>
public sealed record BlockDeviceOptions
{
    /// <summary>Refuses writes even where the storage could take them.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>What the guest reads as the disk's serial number: at most 20 ASCII characters.</summary>
    public string SerialNumber { get; init; } = "";

    /// <summary>The most queues a disk may have.</summary>
    public const int MaximumQueues = 256;

    /// <summary>Number of queues, 1 to 256 (VIRTIO_BLK_F_MQ where there are more than one); each is served by a thread of its own.</summary>
    public int Queues { get; init; } = 1;

    /// <summary>
    /// Maximum number of descriptors in a queue, 1 to 32768; a power of two where <see cref="RingFeatures"/> leaves out the packed ring. A request takes
    /// three or more of them, or one where it comes in an indirect table: a driver without tables has no use for fewer than four.
    /// </summary>
    public int QueueSize { get; init; } = 256;

    /// <summary>What is offered of its ring: see <see cref="IVirtioDevice.RingFeatures"/>.</summary>
    public VirtioFeatures RingFeatures { get; init; } = VirtioFeatures.RingDefault;
}
