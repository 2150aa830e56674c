using System.Runtime.Versioning;
using Virtio.Devices;
using Virtio.Linux;
using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>
/// A device that another process serves over vhost-user: qemu-storage-daemon, a <see cref="VhostUserServer"/>, any back-end. The back-end
/// gets the guest's memory and works on the rings itself. Notifications go to it by eventfd, and interrupts come from it by eventfd. When
/// it dies, requests wait until a back-end is at the same socket again, which then redoes the requests in flight. After
/// <see cref="VhostUserDeviceOptions.ReconnectTime"/> requests of a disk fail, and any other device needs a reset.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed partial class VhostUserDevice : IVirtioDevice
{
    // Bits 24 to 40 belong to the ring and the protocol; all others belong to the device type.
    private const ulong DeviceBits = ~(((1UL << 41) - 1) & ~((1UL << 24) - 1));

    // The ring features that a back-end implements. A reset of a single ring needs only a stop of the ring.
    private const VirtioFeatures BackendRing =
        VirtioFeatures.IndirectDescriptors | VirtioFeatures.EventIndex | VirtioFeatures.RingPacked | VirtioFeatures.InOrder;

    // The ring features that this process implements for relayed queues, independent of the back-end. An indirect table of the driver needs
    // an indirect table in the back-end's ring.
    private const VirtioFeatures RelayedRing = BackendRing & ~VirtioFeatures.IndirectDescriptors;

    private readonly string _path;
    private readonly VhostUserDeviceOptions _options;
    private readonly DescriptorWatch _watch;
    private readonly ConfigSpace _config;
    private readonly int _configLength;
    private readonly Lock _configGate = new();

    // Guards _client and _activation together: when a connection is lost, only the activation that used it fails. Held briefly.
    private readonly Lock _gate = new();

    // Held for each step of the driver, and by a reconnection while it starts the rings again; so it is held while a back-end answers.
    // Taken before _gate.
    private readonly Lock _steps = new();
    private readonly ushort[] _queueSizes;

    // The queues that the driver has started; null for the others. Under _steps.
    private readonly RemoteQueue?[] _queues;

    // The back-end keeps no in-flight record, so this process tracks the requests. Constant, because the offered features depend on it.
    private readonly bool _isRelayed;

    // The current connection; null while there is none. Written under _gate, read by any thread.
    private BackendClient? _client;

    // The driver's activation; null after a reset. Written under _gate, read by any thread.
    private DeviceActivation? _activation;

    private VhostUserDevice(DeviceId id, string path, VhostUserDeviceOptions options, BackendClient client)
    {
        Id = id;
        Features = client.Features & DeviceBits;
        _path = path;
        _options = options;
        _isRelayed = options.Recovers && !client.Protocol.HasFlag(ProtocolFeatures.InflightInSharedMemory);
        var offered = (VirtioFeatures)client.Features;
        RingFeatures = options.RingFeatures & (VirtioFeatures.RingReset
            | (_isRelayed ? (offered & VirtioFeatures.IndirectDescriptors) | RelayedRing : offered & BackendRing));
        _configLength = FindConfigLength(client, id, options.ConfigLength);
        byte[] config = ReadConfig(client);
        int queues = options.Queues ?? RemoteConfig.QueueCountOf(id, Features, config, client.QueueCount);
        CheckQueues(client, queues);
        _config = new ConfigSpace(config.Length);
        int size = _isRelayed ? Math.Min(options.QueueSize, RelayMemory.MaximumSize) : options.QueueSize;
        _queueSizes = [.. Enumerable.Repeat((ushort)size, queues)];
        _queues = new RemoteQueue?[queues];
        _watch = new DescriptorWatch($"vhost-user {id}");
        UpdateConfig(config);
        Use(client);
    }

    /// <inheritdoc/>
    public DeviceId Id { get; }

    /// <inheritdoc/>
    public ulong Features { get; }

    /// <inheritdoc/>
    public VirtioFeatures RingFeatures { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<ushort> QueueSizes => _queueSizes;

    /// <inheritdoc/>
    public bool NeedsSharedMemory => true;

    /// <inheritdoc/>
    public uint ConfigGeneration => _config.Generation;

    /// <summary>Connects to a back-end that listens at a path.</summary>
    /// <param name="id">The type of device that the back-end serves. A back-end does not tell its type.</param>
    /// <param name="path">Path of the socket.</param>
    /// <param name="options">How the device is used.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="IOException">
    /// There is no back-end at the path, its answers are malformed, or it lacks a needed feature; the message says which.
    /// </exception>
    public static VhostUserDevice Connect(DeviceId id, string path, VhostUserDeviceOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new VhostUserDeviceOptions();
        options.Check();
        try
        {
            BackendClient client = BackendClient.Connect(path, options.Timeout, options.Protocol);
            try
            {
                return new VhostUserDevice(id, path, options, client);
            }
            catch
            {
                client.Dispose();
                throw;
            }
        }
        catch (ProtocolException e)
        {
            throw new IOException($"the back-end at {path} cannot be used: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void ReadConfig(int offset, Span<byte> destination) => _config.Read(offset, destination);

    /// <inheritdoc/>
    public void WriteConfig(int offset, ReadOnlySpan<byte> source)
    {
        (int start, int length) = RemoteConfig.WritableOf(Id, _configLength);
        if (offset < start || source.IsEmpty || source.Length > start + length - offset || Client is not { } client)
            return;
        try
        {
            // A write that the back-end refuses is ignored, as the standard has it for fields that are not writable.
            if (client.TryWriteConfig((uint)offset, source))
                RefreshConfig(client);
        }
        catch (Exception e) when (IsLoss(e))
        {
            Lose(client, e);
        }
    }

    /// <inheritdoc/>
    public void Activate(DeviceActivation activation)
    {
        ArgumentNullException.ThrowIfNull(activation);
        lock (_steps)
        {
            BackendClient? client = Begin(activation);
            try
            {
                client ??= ConnectAgain();
                Negotiate(client, activation);
            }
            catch (Exception e) when (IsLoss(e))
            {
                FailStep(client, e);
            }
        }
    }

    /// <inheritdoc/>
    public void StartQueue(int index, Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        lock (_steps)
        {
            // Without a connection the queue waits for the next back-end, unless no reconnection is running.
            BackendClient? client = Client;
            if (Activation is not { } activation || (client is null && !IsReconnecting))
                return;
            try
            {
                RemoteQueue remote = Make(index, queue, activation);
                _queues[index] = remote;
                _watch.AddEvent(remote.Call.Handle, remote.Called);
                _watch.AddEvent(remote.Error.Handle, () => Activation?.Fail($"queue {index}: the back-end says that it is broken"));
                if (client is not null)
                    Start(client, remote, isRestart: false);
                else if (_isFailing)
                    remote.BeginFailing(new FailingContext(activation, _watch, _record));
            }
            catch (Exception e) when (IsLoss(e))
            {
                FailStep(client, e);
            }
        }
    }

    /// <inheritdoc/>
    public void StopQueue(int index)
    {
        lock (_steps)
        {
            if (_queues[index] is not { } remote)
                return;
            _queues[index] = null;
            BackendClient? client = Client;
            try
            {
                client?.StopRing(index);
                ForgetRecord(index);
            }
            catch (Exception e) when (IsLoss(e))
            {
                FailStep(client, e);
            }

            _watch.Remove(remote.Call.Handle);
            _watch.Remove(remote.Error.Handle);
            remote.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Reset()
    {
        EndReconnection();
        lock (_steps)
        {
            BackendClient? client = Begin(null);
            try
            {
                client?.Reset();
            }
            catch (Exception e) when (IsLoss(e))
            {
                FailStep(client, e);
            }

            ForgetSession();
        }
    }

    /// <summary>Ends the connection.</summary>
    public ValueTask DisposeAsync()
    {
        EndReconnection()?.Join();
        for (int i = 0; i < _queues.Length; i++)
            StopQueue(i);
        Drop(Begin(null));
        EndReconnection()?.Join();
        lock (_steps)
            ForgetSession();
        _watch.Dispose();
        return ValueTask.CompletedTask;
    }
}
