namespace Virtio.Kvm;

/// <summary>
/// An access to a port, or several accesses to the same port by one instruction with a repeat prefix. The guest chooses all values.
/// </summary>
public readonly ref struct KvmPortExit
{
    internal KvmPortExit(ushort port, int size, Span<byte> data, bool isWrite)
    {
        Port = port;
        Size = size;
        Data = data;
        IsWrite = isWrite;
    }

    /// <summary>The port.</summary>
    public ushort Port { get; }

    /// <summary>Bytes in each access: 1, 2 or 4.</summary>
    public int Size { get; }

    /// <summary>The number of accesses.</summary>
    public int Count => Data.Length / Size;

    /// <summary>
    /// The written data, one access after the other, or the buffer for a read,
    /// which must be filled before the vCPU runs again (zeros until then).
    /// </summary>
    public Span<byte> Data { get; }

    /// <summary>Whether the access is a write.</summary>
    public bool IsWrite { get; }
}
