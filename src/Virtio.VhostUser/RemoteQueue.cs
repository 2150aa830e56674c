using System.Runtime.Versioning;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>A queue that a back-end serves: the ring that it is given, what it is kicked with, and what it tells of.</summary>
[SupportedOSPlatform("linux")]
internal abstract class RemoteQueue(Virtqueue queue) : IDisposable
{
    internal int Index => Queue.Index;

    /// <summary>The back-end has used buffers.</summary>
    internal EventDescriptor Call { get; } = new();

    /// <summary>The back-end cannot make sense of the ring.</summary>
    internal EventDescriptor Error { get; } = new();

    /// <summary>The driver's side of it.</summary>
    protected Virtqueue Queue => queue;

    /// <summary>What a back-end is to be told of the ring.</summary>
    /// <param name="isRestart">An earlier back-end has served it.</param>
    /// <exception cref="ProtocolException">The ring cannot be shared.</exception>
    internal abstract RingSetup ToSetup(bool isRestart);

    /// <summary>Called when the back-end has used buffers. Must not throw.</summary>
    internal abstract void Called();

    /// <summary>
    /// Another back-end serves the ring. A kick may have been lost with the one before, between the driver's store and the back-end's read, and an interrupt between the used
    /// index and the call: so the back-end is kicked once, and the driver interrupted once. Too many of either do no harm.
    /// </summary>
    internal abstract void Resumed();

    /// <summary>From here on the requests of a block device fail, those in flight first: its back-end stays away.</summary>
    /// <param name="failing">What the device knows of it.</param>
    /// <exception cref="ProtocolException">The ring, or the record of what is in flight, is not what it must be.</exception>
    internal abstract void BeginFailing(FailingContext failing);

    /// <summary>There is a back-end again, which serves what comes from here on.</summary>
    internal abstract void EndFailing();

    public void Dispose()
    {
        Stop();
        Call.Dispose();
        Error.Dispose();
    }

    /// <summary>From here on the driver is not interrupted for it, and its ring is not touched here.</summary>
    protected abstract void Stop();

    /// <summary>Where a part of guest memory lies in this process.</summary>
    protected nint Locate(ulong address)
    {
        foreach (GuestMemoryRegion region in queue.Memory.Regions)
        {
            ulong offset = unchecked(address - region.Address);
            if (offset < region.Length)
                return region.Host + (nint)offset;
        }

        throw new ProtocolException($"queue {queue.Index} has a part at 0x{address:x}, where no memory is");
    }
}
