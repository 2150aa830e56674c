namespace Virtio.Memory;

/// <summary>
/// A copy of a descriptor, which the driver can no longer change (virtio 1.4, 2.7.5 and 2.8.13). Both layouts have the address and the
/// length first. Then split has flags and next, packed has buffer id and flags.
/// </summary>
internal readonly struct Descriptor(ulong address, ulong rest)
{
    internal const int Size = 16;

    internal ulong Address => address;

    internal uint Length => unchecked((uint)rest);

    /// <summary>The 16 bits at offset 12: the packed ring's buffer id, the split ring's flags.</summary>
    internal ushort Third => unchecked((ushort)(rest >> 32));

    /// <summary>The 16 bits at offset 14: the packed ring's flags, the split ring's next.</summary>
    internal ushort Fourth => unchecked((ushort)(rest >> 48));
}
