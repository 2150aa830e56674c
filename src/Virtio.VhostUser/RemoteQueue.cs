using System.Runtime.Versioning;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>A queue that a back-end serves: the ring it is given, and the eventfds for its notifications, interrupts and errors.</summary>
[SupportedOSPlatform("linux")]
internal abstract class RemoteQueue(Virtqueue queue) : IDisposable
{
    internal int Index => Queue.Index;

    /// <summary>Signalled when the back-end has used buffers.</summary>
    internal EventDescriptor Call { get; } = new();

    /// <summary>Signalled when the back-end finds the ring malformed.</summary>
    internal EventDescriptor Error { get; } = new();

    /// <summary>The driver's queue.</summary>
    protected Virtqueue Queue => queue;

    /// <summary>Describes the ring for a back-end.</summary>
    /// <param name="isRestart">An earlier back-end has served the ring.</param>
    /// <exception cref="ProtocolException">The ring does not lie in shared memory.</exception>
    internal abstract RingSetup ToSetup(bool isRestart);

    /// <summary>Called when the back-end has used buffers. Must not throw.</summary>
    internal abstract void Called();

    /// <summary>
    /// Called when another back-end serves the ring. With the old back-end a notification may have been lost, between the driver's store
    /// and the back-end's read, and an interrupt, between the used index and the call. So the back-end is notified once and the driver
    /// interrupted once; a spurious one does no harm.
    /// </summary>
    internal abstract void Resumed();

    /// <summary>Fails the requests of a block device from here on, those in flight first, because its back-end stays away.</summary>
    /// <param name="failing">The device's context.</param>
    /// <exception cref="ProtocolException">The ring or its in-flight record is malformed.</exception>
    internal abstract void BeginFailing(FailingContext failing);

    /// <summary>Ends the failing of requests: there is a back-end again.</summary>
    internal abstract void EndFailing();

    public void Dispose()
    {
        Stop();
        Call.Dispose();
        Error.Dispose();
    }

    /// <summary>Stops the queue: from here on the driver is not interrupted for it, and this process does not touch its ring.</summary>
    protected abstract void Stop();

    /// <summary>The address in this process of a guest address.</summary>
    protected nint Locate(ulong address)
    {
        foreach (GuestMemoryRegion region in queue.Memory.Regions)
        {
            ulong offset = unchecked(address - region.Address);
            if (offset < region.Length)
                return region.Host + (nint)offset;
        }

        throw new ProtocolException($"queue {queue.Index} has an area at 0x{address:x}, outside of guest memory");
    }
}
