using Virtio.Devices;
using Virtio.Memory;
using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <content>What a back-end is told between the driver's start and its reset. All of it under the lock of steps.</content>
public sealed partial class VhostUserDevice
{
    // Kept from one back-end to the next, until the driver's reset. The record is null where queues are relayed, the relay's memory where they are not.
    private InflightShare? _record;
    private RelayMemory? _relay;
    private GuestMemory? _guest;

    // The connection that has the guest's memory, and that of the relay.
    private BackendClient? _hasMemory;

    private bool KeepsRecord => _options.Recovers && !_isRelayed;

    // Which of the features that the driver took are the back-end's to know.
    private ulong FeaturesFor(BackendClient client, DeviceActivation activation) => _isRelayed
        ? ((activation.Features & DeviceBits) | (ulong)(VirtioFeatures.Version1 | (RingFeatures & VirtioFeatures.IndirectDescriptors))) & client.Features
        : activation.Features & client.Features;

    /// <summary>Says what the driver took, and has the back-end go on with the record there is, or begin one.</summary>
    private void Negotiate(BackendClient client, DeviceActivation activation)
    {
        client.SetFeatures(FeaturesFor(client, activation));
        if (!KeepsRecord)
            return;
        if (_record is { } record)
            client.SetInflight(record);
        else
            _record = client.KeepInflight((ushort)_queues.Length, _queueSizes[0]);
    }

    private RemoteQueue Make(int index, Virtqueue queue, DeviceActivation activation)
    {
        _guest = queue.Memory;
        string name = $"vhost-user {Id} {index}";
        if (!_isRelayed)
            return new DirectQueue(name, queue);
        _relay ??= NewRelay();
        return new RelayedQueue(name, queue, activation, RingOf(_relay, index), e => LoseServing(e));
    }

    private RelayMemory NewRelay() => new(_guest!, _queues.Length, _queueSizes[0]);

    private RelayRing RingOf(RelayMemory relay, int index) => relay.RingOf(index, RingFeatures.HasFlag(VirtioFeatures.IndirectDescriptors));

    private void Start(BackendClient client, RemoteQueue remote, bool isRestart)
    {
        if (_hasMemory != client)
            client.SetMemory(_relay is null ? _guest!.Regions : [.. _guest!.Regions, _relay.Region]);
        _hasMemory = client;
        client.StartRing(remote.ToSetup(isRestart));
    }

    /// <summary>Has all that the driver started served by a new back-end, from where the one before stood.</summary>
    private void Replay(BackendClient client, DeviceActivation activation)
    {
        RemoteQueue[] queues = [.. _queues.OfType<RemoteQueue>()];
        Negotiate(client, activation);
        if (_relay is { } before)
        {
            _relay = NewRelay();
            foreach (RemoteQueue queue in queues)
                ((RelayedQueue)queue).MoveTo(RingOf(_relay, queue.Index));
            before.Dispose();
        }

        foreach (RemoteQueue queue in queues)
            Start(client, queue, isRestart: true);
    }

    /// <summary>
    /// A ring that was stopped alone begins elsewhere when it is started again. What is recorded of it would say where it stood: a packed ring does not tell by itself.
    /// </summary>
    private void ForgetRecord(int index)
    {
        if (_record is not { } record)
            return;
        try
        {
            record.Clear(index);
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            if (Activation is { } activation)
                VhostUserDeviceLog.RecordLost(LoggerOf(activation), Id, index, e);
        }
    }

    private void ForgetSession()
    {
        _record?.Dispose();
        _record = null;
        _relay?.Dispose();
        _relay = null;
        _hasMemory = null;
        _isFailing = false;
    }
}
