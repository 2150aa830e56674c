namespace Virtio.Kvm;

/// <summary>
/// An access to guest-physical memory without a slot. The guest chooses all values. KVM guarantees a length of 1 to 8 bytes, but neither a
/// power of two nor alignment.
/// </summary>
public readonly ref struct KvmMmioExit
{
    internal KvmMmioExit(ulong address, Span<byte> data, bool isWrite)
    {
        Address = address;
        Data = data;
        IsWrite = isWrite;
    }

    /// <summary>The guest-physical address.</summary>
    public ulong Address { get; }

    /// <summary>
    /// The written data, or the buffer for a read, which must be filled before the vCPU runs again (zeros until then). Its length is that
    /// of the access.
    /// </summary>
    public Span<byte> Data { get; }

    /// <summary>Whether the access is a write.</summary>
    public bool IsWrite { get; }
}
