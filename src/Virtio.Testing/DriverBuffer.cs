namespace Virtio.Testing;

/// <summary>One buffer of a chain, as a driver offers it.</summary>
/// <param name="Address">Guest-physical address.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="IsWritable">The device may write it; otherwise it may read it.</param>
public readonly record struct DriverBuffer(ulong Address, uint Length, bool IsWritable)
{
    /// <summary>A buffer that the device reads.</summary>
    public static DriverBuffer Readable(ulong address, int length) => new(address, CheckedLength(length), false);

    /// <summary>A buffer that the device writes.</summary>
    public static DriverBuffer Writable(ulong address, int length) => new(address, CheckedLength(length), true);

    private static uint CheckedLength(int length) => length >= 0
        ? (uint)length
        : throw new ArgumentOutOfRangeException(nameof(length), length, "a buffer has 0 bytes or more");
}
