using System.Buffers.Binary;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.Queues;

namespace Virtio.VhostUser;

/// <summary>
/// A queue whose own ring a back-end serves, so that requests do not pass through this process. When a back-end dies, only its in-flight
/// record tells which requests it had taken.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class DirectQueue : RemoteQueue
{
    private const ulong SplitUsedIndexOffset = 2;

    private readonly string _name;
    private readonly KickRelay? _relay;
    private FailingQueue? _failing;

    internal DirectQueue(string name, Virtqueue queue)
        : base(queue)
    {
        _name = name;
        _relay = queue.Signal is EventSignal ? null : new KickRelay(name, queue.Signal);
    }

    private bool IsPacked => Queue.Config.Features.HasFlag(VirtioFeatures.RingPacked);

    internal override RingSetup ToSetup(bool isRestart) => new()
    {
        Index = Queue.Index,
        Size = Queue.Config.Size,
        Base = BaseOf(isRestart),
        Descriptors = Locate(Queue.Config.DescriptorArea),
        Driver = Locate(Queue.Config.DriverArea),
        Device = Locate(Queue.Config.DeviceArea),
        Kick = Kick,
        Call = Call.Handle,
        Error = Error.Handle,
    };

    internal override void Called() => Queue.Interrupt();

    internal override void Resumed()
    {
        Queue.Signal.Set();
        Queue.Interrupt();
    }

    internal override void BeginFailing(FailingContext failing) =>
        _failing ??= new FailingQueue(
            $"{_name} failing", Queue, RingBase.ToState(BaseOf(isRestart: true), IsPacked, UsedIndex()), Kick, failing);

    internal override void EndFailing()
    {
        _failing?.Dispose();
        _failing = null;
    }

    protected override void Stop()
    {
        EndFailing();
        Queue.Halt();
        _relay?.Dispose();
    }

    // The base tells a back-end without a record of this ring where to begin. Where there is a record, the record tells both the chains in
    // flight and the ring's position.
    private uint BaseOf(bool isRestart) => isRestart && !IsPacked ? UsedIndex() : RingBase.Of(Queue.Config.State, IsPacked);

    private SafeFileHandle Kick => _relay?.Handle ?? ((EventSignal)Queue.Signal).Share();

    private ushort UsedIndex()
    {
        Span<byte> index = stackalloc byte[sizeof(ushort)];
        Queue.Memory.TryRead(Queue.Config.DeviceArea + SplitUsedIndexOffset, index);
        return BinaryPrimitives.ReadUInt16LittleEndian(index);
    }
}
