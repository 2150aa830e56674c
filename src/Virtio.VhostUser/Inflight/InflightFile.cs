using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Inflight;

/// <summary>The memory with the in-flight records of all rings of a device. The front-end keeps it while there is no back-end.</summary>
[SupportedOSPlatform("linux")]
internal sealed class InflightFile : IDisposable
{
    private const ulong PageSize = 4096;

    // A processor's cache line. Records of two rings never share one.
    private const ulong LineSize = 64;

    // QEMU 10 asks for records of 128 descriptors and then sets up rings of 1024, its maximum.
    private const int LeastRingSize = 1024;

    private readonly SharedMemory _memory;
    private readonly GuestMemory _access;
    private readonly ulong _stride;

    private InflightFile(SharedMemory memory, ulong stride)
    {
        _memory = memory;
        _stride = stride;
        _access = GuestMemory.Of([new GuestMemoryRegion(0, RoundUp(memory.Length), memory.Address)], () => { });
    }

    internal SafeFileHandle? File => _memory.File;

    internal ulong Length => _memory.Length;

    /// <summary>
    /// Makes an empty file. Each record has room for the packed layout, the longer one: the features may be negotiated later.
    /// </summary>
    internal static InflightFile Create(int queues, int ringSize)
    {
        ulong stride = RoundUp(InflightRecord.LengthOf(Math.Max(ringSize, LeastRingSize), packed: true));
        return new InflightFile(SharedMemory.Create("virtio-inflight", stride * (ulong)queues), stride);
    }

    /// <summary>Maps the file that an earlier back-end made, and closes its descriptor.</summary>
    /// <exception cref="ProtocolException">The file is too small, or cannot be mapped.</exception>
    internal static InflightFile Open(SafeFileHandle file, ulong offset, ulong length, int queues)
    {
        using (file)
            return Map(file, offset, length, queues);
    }

    /// <summary>Maps the file that an earlier back-end made, and leaves its descriptor open.</summary>
    /// <exception cref="ProtocolException">The file is too small, or cannot be mapped.</exception>
    internal static InflightFile Map(SafeFileHandle file, ulong offset, ulong length, int queues)
    {
        // The back-end that made the file chose the length of the records. Every back-end gives each ring an equal share.
        ulong stride = length / (ulong)queues & ~(LineSize - 1);
        if (stride == 0)
            throw new ProtocolException($"an in-flight record of {length} bytes is too short for {queues} rings");
        if (offset % PageSize != 0)
            throw new ProtocolException($"the in-flight record begins at {offset}, which is not the start of a page");
        try
        {
            return new InflightFile(SharedMemory.Map(file, offset, length), stride);
        }
        catch (IOException e)
        {
            throw new ProtocolException($"the in-flight record cannot be mapped: {e.Message}", e);
        }
    }

    /// <summary>The record of one ring; null where the ring's share is too short for it.</summary>
    internal InflightRecord? RecordOf(QueueConfig ring, GuestMemory guest) =>
        InflightRecord.LengthOf((int)ring.Size, ring.Features.HasFlag(VirtioFeatures.RingPacked)) > _stride
            ? null
            : InflightRecord.Of(_access, _stride * (ulong)ring.Index, ring, guest);

    /// <summary>Replaces the file's pages by private ones: later writes to a record do not reach the front-end.</summary>
    internal void Detach() => _memory.Detach();

    public void Dispose() => _memory.Dispose();

    private static ulong RoundUp(ulong length) => (length + PageSize - 1) & ~(PageSize - 1);
}
