namespace Virtio.Testing;

/// <summary>Flags of a split ring's descriptor (virtio 1.4, 2.7.5).</summary>
[Flags]
public enum SplitFlags : ushort
{
    /// <summary>Readable, and the last of its chain.</summary>
    None = 0,

    /// <summary>Another one follows.</summary>
    Next = 1,

    /// <summary>The device writes.</summary>
    Write = 2,

    /// <summary>It holds a table of descriptors.</summary>
    Indirect = 4,
}
