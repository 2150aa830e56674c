namespace Virtio.Testing;

/// <summary>Flags of a packed descriptor (virtio 1.4, 2.8.13).</summary>
[Flags]
public enum PackedFlags : ushort
{
    /// <summary>The last buffer of a chain, device-readable.</summary>
    None = 0,

    /// <summary>The chain goes on in the next slot.</summary>
    Next = 1,

    /// <summary>The device may write the buffer.</summary>
    Write = 2,

    /// <summary>The buffer is a table of descriptors.</summary>
    Indirect = 4,

    /// <summary>Toggled by the driver with its wrap counter.</summary>
    Available = 1 << 7,

    /// <summary>Toggled by the device with its wrap counter.</summary>
    Used = 1 << 15,
}
