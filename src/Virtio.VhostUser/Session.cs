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
/// A device as one front-end sees it, from its connection to its end. Everything happens on the connection's thread, so that it needs no lock; only a failure of the
/// device, and a change of its configuration, come from elsewhere.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class Session : IDisposable
{
    // Bits of a device's features that mean something to the protocol alone.
    private const ulong HasProtocolFeatures = 1UL << 30;

    // What a back-end can do for a guest. Resets of single rings, kicks with data and translated addresses would need messages of their own.
    private const VirtioFeatures RingFeatures = VirtioFeatures.IndirectDescriptors | VirtioFeatures.EventIndex | VirtioFeatures.RingPacked | VirtioFeatures.InOrder;

    private const ProtocolFeatures OfferedProtocol = ProtocolFeatures.MultipleQueues | ProtocolFeatures.LogInSharedMemory | ProtocolFeatures.ReplyAck | ProtocolFeatures.BackendChannel
        | ProtocolFeatures.Config | ProtocolFeatures.InflightInSharedMemory | ProtocolFeatures.ResetDevice | ProtocolFeatures.InBandNotifications | ProtocolFeatures.ConfigureMemorySlots | ProtocolFeatures.Status
        | ProtocolFeatures.DeviceState;

    private readonly IVirtioDevice _device;
    private readonly GuardedDevice _guarded;
    private readonly SessionOptions _options;
    private readonly ServerCounters _counters;
    private readonly Ring[] _rings;
    private readonly ulong _offered;
    private readonly CancellationToken _ending;
    private readonly Func<bool> _hasFrontendGone;
    private readonly AbandonedRings _abandoned;
    private BackendChannel? _channel;
    private MemoryTable _table = MemoryTable.Empty;
    private GuestMemory? _memory;
    private ulong _features;
    private ProtocolFeatures _protocol;
    private byte _status;
    private object? _activation;
    private int _failed;

    /// <summary>Begins with nothing known of the front-end.</summary>
    /// <param name="device">Served by nobody else meanwhile.</param>
    /// <param name="options">How it is served.</param>
    /// <param name="counters">The server's, added to.</param>
    /// <param name="hasFrontendGone">Asked while requests are waited for; must not wait.</param>
    /// <param name="abandoned">Takes over what requests that do not end still have.</param>
    /// <param name="ending">From then on a request that is under way need not be waited for.</param>
    internal Session(
        IVirtioDevice device, SessionOptions options, ServerCounters counters, Func<bool> hasFrontendGone, AbandonedRings abandoned, CancellationToken ending)
    {
        _device = device;
        _options = options;
        _counters = counters;
        _guarded = new GuardedDevice(device, (reason, e) => Fail(Volatile.Read(ref _activation), reason, e));
        _rings = [.. counters.Queues.Select((own, index) => new Ring(index, own, (request, ring) => Volatile.Read(ref _channel)?.SendOfRing(request, ring)))];
        VirtioFeatures ring = device.RingFeatures & RingFeatures & (options.Packed ? ~VirtioFeatures.None : ~VirtioFeatures.RingPacked);
        _offered = FeatureRules.Offered(device.Features, ring) | HasProtocolFeatures | LogAll;
        _ending = ending;
        _hasFrontendGone = hasFrontendGone;
        _abandoned = abandoned;
    }

    internal bool HasReplyAck => _protocol.HasFlag(ProtocolFeatures.ReplyAck);

    /// <summary>
    /// The connection has ended: what is under way is cancelled, and nothing of the front-end's is touched any more. Takes a bounded time, whatever the device's requests do.
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
            _device.Activate(new DeviceActivation(_features, NotifyConfigChanged, (reason, e) => Fail(activation, reason, e), _options.Logger));
        }
        catch (Exception e)
        {
            Fail(activation, e.Message, e);
        }
    }

    /// <summary>Back to what the device was before its driver; all rings are stopped.</summary>
    private void Deactivate()
    {
        if (_activation is null)
            return;
        _guarded.Reset();
        _counters.Resets++;
        Volatile.Write(ref _activation, null);
        Volatile.Write(ref _failed, 0);
    }

    // Called by workers. The connection's thread may be waiting for one of them. An activation that has ended fails nothing.
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
