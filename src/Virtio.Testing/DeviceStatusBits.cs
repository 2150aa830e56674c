namespace Virtio.Testing;

/// <summary>Bits of the device status field (virtio 1.4, 2.1), as a driver names them.</summary>
[Flags]
public enum DeviceStatusBits
{
    /// <summary>Reset.</summary>
    None = 0,

    /// <summary>ACKNOWLEDGE: the guest has seen the device.</summary>
    Acknowledge = 1,

    /// <summary>DRIVER: the guest has a driver for it.</summary>
    Driver = 2,

    /// <summary>DRIVER_OK: the device may work.</summary>
    DriverOk = 4,

    /// <summary>FEATURES_OK: negotiation is over.</summary>
    FeaturesOk = 8,

    /// <summary>DEVICE_NEEDS_RESET: the device met an error from which only a reset recovers it.</summary>
    NeedsReset = 64,

    /// <summary>FAILED: the driver has given up.</summary>
    Failed = 128,

    /// <summary>The bits that are set once negotiation has succeeded.</summary>
    Negotiated = Acknowledge | Driver | FeaturesOk,

    /// <summary>The bits that are set while the device works.</summary>
    Running = Negotiated | DriverOk,
}
