namespace Virtio.Kvm;

/// <summary>An access to a port, or several of them to the same port by one instruction with a repeat prefix. The guest chose all of it.</summary>
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

    /// <summary>How many accesses.</summary>
    public int Count => Data.Length / Size;

    /// <summary>What was written, one access after the other; or, to be filled before the vCPU runs again, what is read (zeros until then).</summary>
    public Span<byte> Data { get; }

    /// <summary>Whether the guest writes.</summary>
    public bool IsWrite { get; }
}
