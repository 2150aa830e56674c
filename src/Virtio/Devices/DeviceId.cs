namespace Virtio.Devices;

/// <summary>Device types (virtio 1.4, 5).</summary>
public enum DeviceId
{
    /// <summary>No device: an empty slot.</summary>
    Invalid = 0,

    /// <summary>Network card.</summary>
    Network = 1,

    /// <summary>Block device.</summary>
    Block = 2,

    /// <summary>Console.</summary>
    Console = 3,

    /// <summary>Entropy source.</summary>
    Entropy = 4,

    /// <summary>Memory balloon.</summary>
    Balloon = 5,

    /// <summary>Socket.</summary>
    Socket = 19,
}
