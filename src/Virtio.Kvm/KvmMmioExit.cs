namespace Virtio.Kvm;

/// <summary>An access to guest-physical memory that has no slot. The guest chose all of it; KVM says the length is 1 to 8, and not that it is a power of two or aligned.</summary>
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

    /// <summary>What was written; or, to be filled before the vCPU runs again, what is read (zeros until then). As long as the access.</summary>
    public Span<byte> Data { get; }

    /// <summary>Whether the guest writes.</summary>
    public bool IsWrite { get; }
}
