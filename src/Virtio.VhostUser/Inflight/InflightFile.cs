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

    private readonly SharedMemory _memory;
    private readonly GuestMemory _access;
    private readonly ulong _stride;

    private InflightFile(SharedMemory memory, ulong stride)
    {
        _memory = memory;
        _stride = stride;
        _access = GuestMemory.Of([new GuestMemoryRegion(0, memory.Length & ~(PageSize - 1), memory.Address)], () => { });
    }

    internal SafeFileHandle? File => _memory.File;

    internal ulong Length => _memory.Length;

    /// <summary>Makes an empty one.</summary>
    internal static InflightFile Create(int queues, int ringSize, bool packed)
    {
        ulong stride = StrideOf(ringSize, packed);
        return new InflightFile(SharedMemory.Create("virtio-inflight", RoundUp(stride * (ulong)queues)), stride);
    }

    /// <summary>Takes the one of an earlier back-end.</summary>
    /// <exception cref="ProtocolException">It is too small.</exception>
    internal static InflightFile Open(SafeFileHandle file, ulong offset, ulong length, int queues, int ringSize, bool packed)
    {
        using (file)
        {
            ulong stride = StrideOf(ringSize, packed);
            if (length < RoundUp(stride * (ulong)queues))
                throw new ProtocolException($"{length} bytes are too few for what is in flight in {queues} rings of {ringSize}");
            try
            {
                return new InflightFile(SharedMemory.Map(file, offset, length), stride);
            }
            catch (IOException e)
            {
                throw new ProtocolException($"what is in flight cannot be mapped: {e.Message}", e);
            }
        }
    }

    /// <summary>The record of one ring; null when the ring is longer than was said.</summary>
    internal InflightRecord? RecordOf(QueueConfig ring, GuestMemory guest) =>
        InflightRecord.LengthOf((int)ring.Size, ring.Features.HasFlag(VirtioFeatures.RingPacked)) > _stride
            ? null
            : InflightRecord.Of(_access, _stride * (ulong)ring.Index, ring, guest);

    public void Dispose() => _memory.Dispose();

    // Lines of the processor's cache, so that rings do not meet in one.
    private static ulong StrideOf(int ringSize, bool packed) => (InflightRecord.LengthOf(ringSize, packed) + 63) & ~63UL;

    private static ulong RoundUp(ulong length) => (length + PageSize - 1) & ~(PageSize - 1);
}
