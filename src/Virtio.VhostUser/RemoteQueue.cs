using System.Runtime.Versioning;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>A queue whose ring a back-end serves: what it is kicked with, and what it tells of.</summary>
[SupportedOSPlatform("linux")]
internal sealed class RemoteQueue : IDisposable
{
    private readonly Virtqueue _queue;
    private readonly KickRelay? _relay;

    internal RemoteQueue(string name, Virtqueue queue)
    {
        _queue = queue;
        _relay = queue.Signal is EventSignal ? null : new KickRelay(name, queue.Signal);
    }

    /// <summary>The back-end has used buffers.</summary>
    internal EventDescriptor Call { get; } = new();

    /// <summary>The back-end cannot make sense of the ring.</summary>
    internal EventDescriptor Error { get; } = new();

    /// <summary>Interrupts the driver.</summary>
    internal void Interrupt() => _queue.Interrupt();

    internal RingSetup ToSetup() => new()
    {
        Index = _queue.Index,
        Size = _queue.Config.Size,
        Base = RingBase.Of(_queue.Config.State, _queue.Config.Features.HasFlag(VirtioFeatures.RingPacked)),
        Descriptors = Locate(_queue.Config.DescriptorArea),
        Driver = Locate(_queue.Config.DriverArea),
        Device = Locate(_queue.Config.DeviceArea),
        Kick = _relay?.Handle ?? ((EventSignal)_queue.Signal).Share(),
        Call = Call.Handle,
        Error = Error.Handle,
    };

    public void Dispose()
    {
        // From here on nobody is interrupted for it.
        _queue.Halt();
        _relay?.Dispose();
        Call.Dispose();
        Error.Dispose();
    }

    private nint Locate(ulong address)
    {
        foreach (GuestMemoryRegion region in _queue.Memory.Regions)
        {
            ulong offset = unchecked(address - region.Address);
            if (offset < region.Length)
                return region.Host + (nint)offset;
        }

        throw new ProtocolException($"queue {_queue.Index} has a part at 0x{address:x}, where no memory is");
    }
}
