namespace Virtio.Testing;

/// <summary>Flags of a split ring's descriptor (virtio 1.4, 2.7.5).</summary>
[Flags]
public enum SplitFlags : ushort
{
    /// <summary>The last buffer of a chain, device-readable.</summary>
    None = 0,

    /// <summary>The chain goes on in the next descriptor.</summary>
    Next = 1,

    /// <summary>The device may write the buffer.</summary>
    Write = 2,

    /// <summary>The buffer is a table of descriptors.</summary>
    Indirect = 4,
}
