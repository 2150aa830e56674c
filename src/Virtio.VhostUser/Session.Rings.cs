using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <content>
/// The rings. A front-end may send a ring's settings in any order; after each message, every ring whose settings are complete is started.
/// </content>
internal sealed partial class Session
{
    private const ulong NoDescriptor = 1 << 8;
    private const ulong RingMask = 0xff;
    private const uint IsLogged = 1;
    private const ulong SplitUsedIndexOffset = 2;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(1);

    private bool HandleRing(Message message, ref MessageReader reader, MessageWriter answer)
    {
        switch (message.Request)
        {
            case FrontendRequest.SetRingSize:
                SetSize(RingAt(reader.ReadUInt32()), reader.ReadUInt32());
                return true;
            case FrontendRequest.SetRingAddresses:
                SetAddresses(ref reader);
                return true;
            case FrontendRequest.SetRingBase:
                SetBase(RingAt(reader.ReadUInt32()), reader.ReadUInt32());
                return true;
            case FrontendRequest.GetRingBase:
                GetBase(RingAt(reader.ReadUInt32()), answer);
                return true;
            case FrontendRequest.SetRingKick:
                SetKick(message, reader.ReadUInt64());
                return true;
            case FrontendRequest.SetRingCall:
                ulong call = reader.ReadUInt64();
                RingAt(call & RingMask).ReplaceCall(NotifierOf(message, call, mayBePipe: true));
                return true;
            case FrontendRequest.SetRingError:
                ulong error = reader.ReadUInt64();
                RingAt(error & RingMask).ReplaceError(NotifierOf(message, error, mayBePipe: false));
                return true;
            case FrontendRequest.SetRingEnable:
                SetEnabled(RingAt(reader.ReadUInt32()), reader.ReadUInt32() != 0);
                return true;
            case FrontendRequest.RingKick:
                TakeKick(RingAt(reader.ReadUInt32()));
                return true;
            default:
                return false;
        }
    }

    private bool IsInBand => _protocol.HasFlag(ProtocolFeatures.InBandNotifications);

    private Ring RingAt(ulong index) => index < (ulong)_rings.Length
        ? _rings[index]
        : throw new ProtocolException($"there is no ring {index}; the last one is {_rings.Length - 1}");

    private void SetSize(Ring ring, uint size)
    {
        if (size is 0 or > Virtqueue.MaximumSize)
            throw new ProtocolException($"a ring has 1 to {Virtqueue.MaximumSize} descriptors, and not {size}");
        if (ring.Size == size)
            return;
        Stop(ring);
        ring.Size = size;
    }

    private void SetAddresses(ref MessageReader reader)
    {
        Ring ring = RingAt(reader.ReadUInt32());
        uint flags = reader.ReadUInt32();
        ulong descriptors = reader.ReadUInt64();
        ulong used = reader.ReadUInt64();
        ulong available = reader.ReadUInt64();
        var addresses = new RingAddresses(descriptors, available, used, reader.ReadUInt64(), (flags & IsLogged) != 0);
        if (ring.Addresses == addresses)
            return;
        Stop(ring);
        ring.Addresses = addresses;
    }

    private void SetBase(Ring ring, uint ringBase)
    {
        Stop(ring);
        ring.Base = ringBase;
        ring.State = null;
    }

    private void GetBase(Ring ring, MessageWriter answer)
    {
        Stop(ring);

        // The ring is stopped until the front-end sets the kick again.
        ring.HasKick = false;
        ring.Signal.Source = null;
        answer.WriteUInt32((uint)ring.Index);
        answer.WriteUInt32(ring.State is { } state ? RingBase.Of(state, IsPacked) : ring.Base ?? 0);
    }

    private void SetKick(Message message, ulong value)
    {
        Ring ring = RingAt(value & RingMask);
        bool hasNone = (value & NoDescriptor) != 0;
        ring.Signal.Source = hasNone ? null : TakeSignal(message, mayBePipe: false);
        ring.IsTalkedOf = IsInBand;

        // Without an eventfd and without messages for kicks, the ring has to be polled.
        ring.Signal.Interval = hasNone && !IsInBand ? LookInterval : Timeout.InfiniteTimeSpan;
        ring.HasKick = true;
    }

    private void TakeKick(Ring ring)
    {
        // User-Mode Linux does not send SET_VRING_KICK: the first in-band kick starts the ring.
        if (IsInBand && !ring.HasKick)
            ring.HasKick = ring.IsTalkedOf = true;
        ring.Signal.Set();
    }

    private void SetEnabled(Ring ring, bool enabled)
    {
        if (!enabled)
            Stop(ring);
        ring.IsEnabled = enabled;
    }

    private static DescriptorNotifier? NotifierOf(Message message, ulong value, bool mayBePipe) =>
        (value & NoDescriptor) != 0 ? null : new DescriptorNotifier(TakeSignal(message, mayBePipe));

    /// <summary>
    /// Takes a descriptor for notifications, and checks its kind before anything is read from it or written to it. Writing eight bytes to
    /// another kind could change a file, the guest's memory or a device with this process's permissions.
    /// </summary>
    /// <param name="message">The message with the descriptor.</param>
    /// <param name="mayBePipe">Accepts a pipe: User-Mode Linux uses one for interrupts, and it passes bytes to the front-end alone.</param>
    private static SafeFileHandle TakeSignal(Message message, bool mayBePipe)
    {
        SafeFileHandle handle = message.TakeDescriptor();
        DescriptorKind kind = DescriptorKinds.Of(handle);
        if (kind == DescriptorKind.Event || (mayBePipe && kind == DescriptorKind.Pipe))
            return handle;
        handle.Dispose();
        throw new ProtocolException(
            $"{message.Request} came with a descriptor of kind '{kind}', and not with an eventfd; nothing was written to it");
    }

    private void StartRings()
    {
        foreach (Ring ring in _rings)
        {
            bool isReady = ring is { Queue: null, IsEnabled: true, HasKick: true, Size: > 0 } && _memory is not null && !HasFailed;
            if (isReady && ring is { Addresses: { } addresses, Base: { } ringBase })
                Start(ring, addresses, ringBase);
        }
    }

    private void Start(Ring ring, RingAddresses addresses, uint ringBase)
    {
        if (!TryDescribe(ring, addresses, ringBase, out QueueConfig? config)
            || !Virtqueue.TryCreate(WithLog(WithRecord(config!), addresses), _memory!, ring.Call, ring.Signal, out Virtqueue? queue))
        {
            VhostUserLog.Ring(
                _options.Logger,
                _device.Id,
                ring.Index,
                "cannot be served: its size is not allowed, or an area is misaligned or outside of guest memory");
            return;
        }

        queue!.PollTime = _options.PollTime;
        queue.Counters = ring.Counters;
        queue.Duration = _counters.Duration;
        Activate();
        ring.Queue = queue;
        try
        {
            _device.StartQueue(ring.Index, queue);
        }
        catch (Exception e)
        {
            Fail(_activation, e.Message, e);
        }

        // The device may have failed before the queue was there to be halted.
        if (HasFailed)
            queue.Halt();

        // An earlier back-end may have died between a used buffer and its interrupt. With the event index the driver would wait for that
        // interrupt forever: it asked for one at a used index that is already passed.
        if (queue.Config.State != QueueState.Initial)
            ring.Call();
        VhostUserLog.Ring(_options.Logger, _device.Id, ring.Index, "is served");
    }

    private bool TryDescribe(Ring ring, RingAddresses addresses, uint ringBase, out QueueConfig? config)
    {
        config = null;
        if (!_table.TryGetGuestAddress(addresses.Descriptors, out ulong descriptors)
            || !_table.TryGetGuestAddress(addresses.Driver, out ulong driver)
            || !_table.TryGetGuestAddress(addresses.Device, out ulong device))
            return false;
        Span<byte> index = stackalloc byte[sizeof(ushort)];
        if (!IsPacked && !_memory!.TryRead(device + SplitUsedIndexOffset, index))
            return false;
        config = new QueueConfig
        {
            Index = ring.Index,
            Size = ring.Size,
            DescriptorArea = descriptors,
            DriverArea = driver,
            DeviceArea = device,
            Features = (VirtioFeatures)_features,
            State = ring.State ?? RingBase.ToState(ringBase, IsPacked, BinaryPrimitives.ReadUInt16LittleEndian(index)),
        };
        return true;
    }
}
