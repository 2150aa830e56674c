using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Virtio.Devices;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.Queues;
using Virtio.Transports;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>
/// One connection's session: the device as one front-end sees it. It runs on the connection's thread and needs no lock. Only a device
/// failure and a configuration change come from other threads.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class Session : IDisposable
{
    // The feature bit VHOST_USER_F_PROTOCOL_FEATURES, which means nothing to the device.
    private const ulong HasProtocolFeatures = 1UL << 30;

    // The ring features that this back-end supports. Resets of single rings, notification data and translated addresses would need messages
    // of their own.
    private const VirtioFeatures RingFeatures =
        VirtioFeatures.IndirectDescriptors | VirtioFeatures.EventIndex | VirtioFeatures.RingPacked | VirtioFeatures.InOrder;

    private const ProtocolFeatures OfferedProtocol = ProtocolFeatures.MultipleQueues | ProtocolFeatures.LogInSharedMemory
        | ProtocolFeatures.ReplyAck | ProtocolFeatures.BackendChannel | ProtocolFeatures.Config | ProtocolFeatures.InflightInSharedMemory
        | ProtocolFeatures.ResetDevice | ProtocolFeatures.InBandNotifications | ProtocolFeatures.ConfigureMemorySlots
        | ProtocolFeatures.Status | ProtocolFeatures.DeviceState;

    private readonly IVirtioDevice _device;
    private readonly GuardedDevice _guarded;
    private readonly SessionOptions _options;
    private readonly ServerCounters _counters;
    private readonly Ring[] _rings;
    private readonly ulong _offered;
    private readonly CancellationToken _ending;
    private readonly Func<bool> _hasFrontendGone;
    private readonly AbandonedRings _abandoned;

    // The channel for messages to the front-end; null where it has set none. Replaced by the connection's thread, read by any thread.
    private BackendChannel? _channel;

    // The shared memory, and guest RAM made of it; null while the table is empty. Owned by the connection's thread.
    private MemoryTable _table = MemoryTable.Empty;
    private GuestMemory? _memory;

    // The features that the front-end has set, without LogAll. Owned by the connection's thread.
    private ulong _features;

    // The negotiated protocol features. Owned by the connection's thread.
    private ProtocolFeatures _protocol;

    // The device status as the front-end has set it. Owned by the connection's thread.
    private byte _status;

    // Identifies the device's current activation; null while it is not activated. Written by the connection's thread, read by any thread.
    private object? _activation;

    // 1 where the current activation has failed, else 0. Written by any thread with interlocked operations.
    private int _failed;

    /// <summary>Starts a session; the front-end has sent nothing yet.</summary>
    /// <param name="device">The device; nothing else uses it meanwhile.</param>
    /// <param name="options">How the device is served.</param>
    /// <param name="counters">The server's counters, which the session adds to.</param>
    /// <param name="hasFrontendGone">Whether the front-end has disconnected. Called while requests are waited for; must not block.</param>
    /// <param name="abandoned">Takes over the memory of requests that do not end.</param>
    /// <param name="ending">Cancelled when requests under way need not be waited for any more.</param>
    internal Session(
        IVirtioDevice device,
        SessionOptions options,
        ServerCounters counters,
        Func<bool> hasFrontendGone,
        AbandonedRings abandoned,
        CancellationToken ending)
    {
        _device = device;
        _options = options;
        _counters = counters;
        _guarded = new GuardedDevice(device, (reason, e) => Fail(Volatile.Read(ref _activation), reason, e));
        Action<BackendRequest, int> send = (request, ring) => Volatile.Read(ref _channel)?.SendOfRing(request, ring);
        _rings = [.. counters.Queues.Select((own, index) => new Ring(index, own, send))];
        VirtioFeatures ring = device.RingFeatures & RingFeatures & (options.Packed ? ~VirtioFeatures.None : ~VirtioFeatures.RingPacked);
        _offered = FeatureRules.Offered(device.Features, ring) | HasProtocolFeatures | LogAll;
        _ending = ending;
        _hasFrontendGone = hasFrontendGone;
        _abandoned = abandoned;
    }

    internal bool HasReplyAck => _protocol.HasFlag(ProtocolFeatures.ReplyAck);

    /// <summary>
    /// Ends the session after the connection: cancels requests under way, and touches nothing of the front-end any more. Takes a bounded
    /// time, even where the device's requests hang.
    /// </summary>
    public void Dispose()
    {
        _channel?.Dispose();
        ForgetState();
        if (!TryHalt(_rings))
        {
            Abandon();
            return;
        }

        Deactivate();
        Free();
    }

    private bool IsPacked => ((VirtioFeatures)_features).HasFlag(VirtioFeatures.RingPacked);

    private bool HasFailed => Volatile.Read(ref _failed) != 0;

    private void Activate()
    {
        if (_activation is not null)
            return;
        var activation = new object();
        Volatile.Write(ref _failed, 0);
        Volatile.Write(ref _activation, activation);
        try
        {
            _device.Activate(
                new DeviceActivation(_features, NotifyConfigChanged, (reason, e) => Fail(activation, reason, e), _options.Logger));
        }
        catch (Exception e)
        {
            Fail(activation, e.Message, e);
        }
    }

    /// <summary>Resets the device, if it was activated. All rings must be stopped.</summary>
    private void Deactivate()
    {
        if (_activation is null)
            return;
        _guarded.Reset();
        _counters.Resets++;
        Volatile.Write(ref _activation, null);
        Volatile.Write(ref _failed, 0);
    }

    // Called by workers, while the connection's thread may be waiting for one of them. A failure of an earlier activation is ignored.
    private void Fail(object? activation, string reason, Exception? exception)
    {
        if (activation is null || activation != Volatile.Read(ref _activation) || Interlocked.Exchange(ref _failed, 1) != 0)
            return;
        foreach (Ring ring in _rings)
        {
            ring.Queue?.Halt();
            ring.ReportError();
        }

        VhostUserLog.DeviceFailed(_options.Logger, _device.Id, reason, exception);
        NotifyConfigChanged();
    }

    private void NotifyConfigChanged() => Volatile.Read(ref _channel)?.SendConfigChanged();
}
