using Virtio.Devices;
using Virtio.Linux;
using Virtio.Transports;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <content>What each message does.</content>
internal sealed partial class Session
{
    private const uint MaximumConfig = 256;

    /// <summary>Whether a request has an answer of its own.</summary>
    internal static bool HasAnswer(FrontendRequest request) => request
        is FrontendRequest.GetFeatures or FrontendRequest.GetProtocolFeatures or FrontendRequest.GetQueueCount
        or FrontendRequest.GetRingBase or FrontendRequest.GetConfig or FrontendRequest.GetMaximumMemorySlots
        or FrontendRequest.GetStatus or FrontendRequest.GetInflight or FrontendRequest.SetLogBase
        or FrontendRequest.SetDeviceState or FrontendRequest.CheckDeviceState;

    /// <summary>Handles a request, and writes the answer where it has one.</summary>
    /// <returns>False where the request is unknown.</returns>
    /// <exception cref="ProtocolException">The request cannot be done.</exception>
    internal bool Handle(Message message, MessageWriter answer)
    {
        VhostUserLog.Request(_options.Logger, _device.Id, message.Request);
        MessageReader reader = message.Reader;
        bool known = HandleDevice(message, ref reader, answer) || HandleMemory(message, ref reader, answer)
            || HandleInflight(message, ref reader, answer) || HandleLog(message, ref reader, answer)
            || HandleState(message, ref reader, answer) || HandleRing(message, ref reader, answer);
        if (known)
            StartRings();
        _channel?.SendRest();
        return known;
    }

    private bool HandleDevice(Message message, ref MessageReader reader, MessageWriter answer)
    {
        switch (message.Request)
        {
            case FrontendRequest.SetOwner:
                BeginAnew();
                return true;
            case FrontendRequest.GetFeatures:
                answer.WriteUInt64(_offered);
                return true;
            case FrontendRequest.SetFeatures:
                SetFeatures(reader.ReadUInt64());
                return true;
            case FrontendRequest.GetProtocolFeatures:
                answer.WriteUInt64((ulong)(OfferedProtocol & ~_options.Withheld));
                return true;
            case FrontendRequest.SetProtocolFeatures:
                _protocol = (ProtocolFeatures)reader.ReadUInt64() & OfferedProtocol & ~_options.Withheld;
                return true;
            case FrontendRequest.GetQueueCount:
                answer.WriteUInt64((ulong)_rings.Length);
                return true;
            case FrontendRequest.SetBackendChannel:
                Interlocked.Exchange(ref _channel, OpenChannel(message))?.Dispose();
                return true;
            case FrontendRequest.GetConfig:
                GetConfig(ref reader, answer);
                return true;
            case FrontendRequest.SetConfig:
                SetConfig(ref reader);
                return true;
            case FrontendRequest.GetStatus:
                answer.WriteUInt64((ulong)_status | (HasFailed ? (ulong)DeviceStatus.NeedsReset : 0));
                return true;
            case FrontendRequest.SetStatus:
                SetStatus(reader.ReadUInt64());
                return true;
            case FrontendRequest.ResetOwner or FrontendRequest.ResetDevice:
                Reset();
                return true;
            default:
                return false;
        }
    }

    private static BackendChannel OpenChannel(Message message)
    {
        try
        {
            return new BackendChannel(DescriptorSocket.Of(message.TakeDescriptor()));
        }
        catch (IOException e)
        {
            throw new ProtocolException($"the back-end channel cannot be used: {e.Message}", e);
        }
    }

    private void SetFeatures(ulong features)
    {
        if ((features & ~_offered) != 0)
            throw new ProtocolException($"features 0x{features & ~_offered:x} were never offered");
        SetLogging((features & LogAll) != 0);
        features &= ~LogAll;
        if (features != _features)
        {
            StopAll();
            Deactivate();
            _features = features;
        }

        // Without PROTOCOL_FEATURES every ring starts enabled (vhost-user specification). Some front-ends pass on the guest's features,
        // which never have that bit.
        if ((features & HasProtocolFeatures) == 0)
        {
            foreach (Ring ring in _rings)
                ring.IsEnabled = true;
        }
    }

    private void SetStatus(ulong status)
    {
        // Status 0 is a reset by the standard. But QEMU also sends it when its machine is only paused or about to migrate, and then asks
        // where the rings stand. So the rings are drained and keep their positions.
        if (status == 0)
        {
            StopAll();
            Reset();
        }

        _status = unchecked((byte)status);
    }

    /// <summary>
    /// Starts a new device of the front-end. QEMU keeps the connection when a device is unplugged, and does not withdraw its memory and
    /// rings: they must not be used for the next device.
    /// </summary>
    private void BeginAnew()
    {
        Reset();
        foreach (Ring ring in _rings)
        {
            ring.Base = null;
            ring.State = null;
            ring.Addresses = null;
        }

        SetLogging(false);
        _inflight?.Dispose();
        _inflight = null;
        MemoryTable before = _table;
        Replace(MemoryTable.Empty);
        MemoryTable.Unmap(before.Regions);
    }

    /// <summary>Resets the device. The front-end's settings for rings and memory stay, and so do the rings' positions.</summary>
    private void Reset()
    {
        Halt(_rings);
        foreach (Ring ring in _rings)
        {
            ring.HasKick = false;
            ring.IsEnabled = false;
        }

        Deactivate();
        _status = 0;
    }

    private void GetConfig(ref MessageReader reader, MessageWriter answer)
    {
        uint offset = reader.ReadUInt32();
        uint size = reader.ReadUInt32();
        uint flags = reader.ReadUInt32();

        // An empty answer tells the front-end that there is no such part.
        if (!TryFindConfig(offset, size, out int start))
            return;

        // The offset is answered as it was sent: the front-end compares it.
        answer.WriteUInt32(offset);
        answer.WriteUInt32(size);
        answer.WriteUInt32(flags);
        _guarded.ReadConfig(start, answer.Take((int)size));
    }

    private void SetConfig(ref MessageReader reader)
    {
        uint offset = reader.ReadUInt32();
        uint size = reader.ReadUInt32();

        // Implementations disagree about the meaning of the flags. The device decides which fields are writable.
        _ = reader.ReadUInt32();
        if (!TryFindConfig(offset, size, out int start))
            throw new ProtocolException($"there is no configuration at {offset}+{size}");
        _guarded.WriteConfig(start, reader.ReadBytes(size));
    }

    /// <summary>
    /// Finds a part of configuration space. Front-ends built on the vhost crate (Cloud Hypervisor and others, 2020 to 2026) count offsets
    /// from the start of the MMIO registers, where configuration space begins at 0x100. No configuration space is that long, so both forms
    /// can be told apart.
    /// </summary>
    private static bool TryFindConfig(uint offset, uint size, out int start)
    {
        uint first = offset >= MaximumConfig ? offset - MaximumConfig : offset;
        start = (int)Math.Min(first, MaximumConfig);
        return first <= MaximumConfig && size <= MaximumConfig - first;
    }
}
