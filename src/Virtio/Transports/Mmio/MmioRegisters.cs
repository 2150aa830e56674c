namespace Virtio.Transports.Mmio;

/// <summary>Offsets and constants of the virtio-mmio register layout (virtio 1.4, 4.2.2).</summary>
public static class MmioRegisters
{
    /// <summary>What <see cref="Magic"/> reads: "virt".</summary>
    public const uint MagicValue = 0x74726976;

    /// <summary>What <see cref="DeviceVersion"/> reads: the interface of virtio 1.x, not the legacy one.</summary>
    public const uint Version = 2;

    /// <summary>Magic value.</summary>
    public const int Magic = 0x000;

    /// <summary>Version of the register layout.</summary>
    public const int DeviceVersion = 0x004;

    /// <summary>Device type.</summary>
    public const int DeviceId = 0x008;

    /// <summary>Vendor.</summary>
    public const int VendorId = 0x00c;

    /// <summary>The selected window of offered features.</summary>
    public const int DeviceFeatures = 0x010;

    /// <summary>Selects the window that <see cref="DeviceFeatures"/> shows.</summary>
    public const int DeviceFeaturesSelect = 0x014;

    /// <summary>The selected window of features that the driver accepts.</summary>
    public const int DriverFeatures = 0x020;

    /// <summary>Selects the window that <see cref="DriverFeatures"/> writes.</summary>
    public const int DriverFeaturesSelect = 0x024;

    /// <summary>Selects the queue that the queue registers belong to.</summary>
    public const int QueueSelect = 0x030;

    /// <summary>Maximum size of the selected queue; 0 where there is none.</summary>
    public const int QueueSizeMaximum = 0x034;

    /// <summary>Size of the selected queue.</summary>
    public const int QueueSize = 0x038;

    /// <summary>1 while the selected queue is in use.</summary>
    public const int QueueReady = 0x044;

    /// <summary>Kicks the queue with the index that is written.</summary>
    public const int QueueNotify = 0x050;

    /// <summary>Events not yet acknowledged.</summary>
    public const int InterruptStatus = 0x060;

    /// <summary>Acknowledges events.</summary>
    public const int InterruptAcknowledge = 0x064;

    /// <summary>Device status.</summary>
    public const int Status = 0x070;

    /// <summary>Address of the descriptor area, low half; the high half follows.</summary>
    public const int QueueDescriptorLow = 0x080;

    /// <summary>Address of the descriptor area, high half.</summary>
    public const int QueueDescriptorHigh = 0x084;

    /// <summary>Address of the driver area, low half.</summary>
    public const int QueueDriverLow = 0x090;

    /// <summary>Address of the driver area, high half.</summary>
    public const int QueueDriverHigh = 0x094;

    /// <summary>Address of the device area, low half.</summary>
    public const int QueueDeviceLow = 0x0a0;

    /// <summary>Address of the device area, high half.</summary>
    public const int QueueDeviceHigh = 0x0a4;

    /// <summary>Selects a shared memory region.</summary>
    public const int SharedMemorySelect = 0x0ac;

    /// <summary>Length of the selected region, low half; all ones where there is none.</summary>
    public const int SharedMemoryLengthLow = 0x0b0;

    /// <summary>Base of the selected region, high half.</summary>
    public const int SharedMemoryBaseHigh = 0x0bc;

    /// <summary>Resets the selected queue; reads 1 during the reset (VIRTIO_F_RING_RESET).</summary>
    public const int QueueReset = 0x0c0;

    /// <summary>Changes whenever the configuration space changes.</summary>
    public const int ConfigGeneration = 0x0fc;

    /// <summary>First byte of configuration space.</summary>
    public const int Config = 0x100;
}
