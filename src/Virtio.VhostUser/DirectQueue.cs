using System.Buffers.Binary;
using System.Runtime.Versioning;
using Virtio.Linux;
using Virtio.Queues;

namespace Virtio.VhostUser;

/// <summary>
/// A queue whose own ring a back-end serves, with nothing of this process on the path of a request. When a back-end dies, only its record tells which requests are in flight.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class DirectQueue : RemoteQueue
{
    private const ulong SplitUsedIndexOffset = 2;

    private readonly KickRelay? _relay;

    internal DirectQueue(string name, Virtqueue queue)
        : base(queue)
    {
        _relay = queue.Signal is EventSignal ? null : new KickRelay(name, queue.Signal);
    }

    private bool IsPacked => Queue.Config.Features.HasFlag(VirtioFeatures.RingPacked);

    internal override RingSetup ToSetup(bool isRestart) => new()
    {
        Index = Queue.Index,
        Size = Queue.Config.Size,
        Base = isRestart && !IsPacked ? UsedIndex() : RingBase.Of(Queue.Config.State, IsPacked),
        Descriptors = Locate(Queue.Config.DescriptorArea),
        Driver = Locate(Queue.Config.DriverArea),
        Device = Locate(Queue.Config.DeviceArea),
        Kick = _relay?.Handle ?? ((EventSignal)Queue.Signal).Share(),
        Call = Call.Handle,
        Error = Error.Handle,
    };

    internal override void Called() => Queue.Interrupt();

    internal override void Resumed()
    {
        Queue.Signal.Set();
        Queue.Interrupt();
    }

    protected override void Stop()
    {
        Queue.Halt();
        _relay?.Dispose();
    }

    // The base says where a back-end without a record of the ring begins. With a record, what is in flight and where the ring stands behind that is what the record says.
    private uint UsedIndex()
    {
        Span<byte> index = stackalloc byte[sizeof(ushort)];
        Queue.Memory.TryRead(Queue.Config.DeviceArea + SplitUsedIndexOffset, index);
        return BinaryPrimitives.ReadUInt16LittleEndian(index);
    }
}
