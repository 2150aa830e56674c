namespace Virtio.Devices.Block;

/// <summary>How a block device shows itself to its driver.</summary>
public sealed record BlockDeviceOptions
{
    /// <summary>Refuses writes even where the storage could take them.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>What the guest reads as the disk's serial number: at most 20 ASCII characters.</summary>
    public string Id { get; init; } = "";

    /// <summary>Maximum number of descriptors in the queue, 4 to 32768.</summary>
    public int QueueSize { get; init; } = 256;

    /// <summary>What is offered of its ring: see <see cref="IVirtioDevice.RingFeatures"/>.</summary>
    public VirtioFeatures RingFeatures { get; init; } = VirtioFeatures.RingDefault;
}
