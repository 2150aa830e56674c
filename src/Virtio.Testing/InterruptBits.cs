namespace Virtio.Testing;

/// <summary>Bits of the InterruptStatus register (virtio 1.4, 4.2.2).</summary>
[Flags]
public enum InterruptBits
{
    /// <summary>No event.</summary>
    None = 0,

    /// <summary>A buffer was used.</summary>
    UsedBuffer = 1,

    /// <summary>The configuration changed.</summary>
    ConfigChange = 2,
}
