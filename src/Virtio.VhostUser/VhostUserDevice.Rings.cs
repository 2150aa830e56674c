using Virtio.Devices;
using Virtio.Memory;
using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <content>The messages to a back-end between the driver's start and its reset. Every member is used under _steps.</content>
public sealed partial class VhostUserDevice
{
    // The in-flight record; null where queues are relayed. Kept from one back-end to the next, until the driver's reset. Under _steps.
    private InflightShare? _record;

    // The memory of the relay rings; null where queues are not relayed. New for each connection. Under _steps.
    private RelayMemory? _relay;

    // The guest's memory, known from the first queue on. Under _steps.
    private GuestMemory? _guest;

    // The connection that was last given the memory table. Under _steps.
    private BackendClient? _hasMemory;

    private bool KeepsRecord => _options.Recovers && !_isRelayed;

    // The accepted features that the back-end has to know.
    private ulong FeaturesFor(BackendClient client, DeviceActivation activation) => _isRelayed
        ? client.Features
            & ((activation.Features & DeviceBits) | (ulong)(VirtioFeatures.Version1 | (RingFeatures & VirtioFeatures.IndirectDescriptors)))
        : activation.Features & client.Features;

    /// <summary>Sets the features, and gives the back-end the in-flight record, or asks it for a new one.</summary>
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

    /// <summary>Has a new back-end serve all queues that the driver has started, from where the last one stood.</summary>
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
    /// Clears the record of a ring that was stopped alone. The driver starts the ring at another position next time, and the record would
    /// give the old one: a packed ring itself does not tell its position.
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
