using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Inflight;

/// <summary>The memory with the records of all rings of a device, which the front-end keeps while there is no back-end.</summary>
[SupportedOSPlatform("linux")]
internal sealed class InflightFile : IDisposable
{
    private const ulong PageSize = 4096;

    // Of the processor's cache: rings do not meet in one.
    private const ulong LineSize = 64;

    // QEMU 10 asks for room for rings of 128, and sets up rings of 1024, which is the most that it knows.
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

    /// <summary>Makes an empty one, with room for either layout: the features may come later.</summary>
    internal static InflightFile Create(int queues, int ringSize)
    {
        ulong stride = RoundUp(InflightRecord.LengthOf(Math.Max(ringSize, LeastRingSize), packed: true));
        return new InflightFile(SharedMemory.Create("virtio-inflight", stride * (ulong)queues), stride);
    }

    /// <summary>Takes the one of an earlier back-end.</summary>
    /// <exception cref="ProtocolException">It is too small, or cannot be mapped.</exception>
    internal static InflightFile Open(SafeFileHandle file, ulong offset, ulong length, int queues)
    {
        using (file)
            return Map(file, offset, length, queues);
    }

    /// <summary>The same, with the file left open.</summary>
    /// <exception cref="ProtocolException">It is too small, or cannot be mapped.</exception>
    internal static InflightFile Map(SafeFileHandle file, ulong offset, ulong length, int queues)
    {
        // The back-end that made it chose how much is each ring's: an equal share, whichever back-end it was.
        ulong stride = length / (ulong)queues & ~(LineSize - 1);
        if (stride == 0)
            throw new ProtocolException($"{length} bytes are too few for what is in flight in {queues} rings");
        if (offset % PageSize != 0)
            throw new ProtocolException($"what is in flight begins at {offset}, which is not a page's beginning");
        try
        {
            return new InflightFile(SharedMemory.Map(file, offset, length), stride);
        }
        catch (IOException e)
        {
            throw new ProtocolException($"what is in flight cannot be mapped: {e.Message}", e);
        }
    }

    /// <summary>The record of one ring; null where there is no room for one.</summary>
    internal InflightRecord? RecordOf(QueueConfig ring, GuestMemory guest) =>
        InflightRecord.LengthOf((int)ring.Size, ring.Features.HasFlag(VirtioFeatures.RingPacked)) > _stride
            ? null
            : InflightRecord.Of(_access, _stride * (ulong)ring.Index, ring, guest);

    /// <summary>From here on nothing that is written to a record reaches the front-end.</summary>
    internal void Detach() => _memory.Detach();

    public void Dispose() => _memory.Dispose();

    private static ulong RoundUp(ulong length) => (length + PageSize - 1) & ~(PageSize - 1);
}
