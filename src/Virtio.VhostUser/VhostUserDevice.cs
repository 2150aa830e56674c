using System.Runtime.Versioning;
using Virtio.Devices;
using Virtio.Linux;
using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>
/// A device that another process serves over vhost-user: qemu-storage-daemon, a <see cref="VhostUserServer"/>, any back-end. That process gets the guest's memory and
/// works on the rings itself; kicks go to it by eventfd, interrupts come from it. When it dies, requests wait until a back-end is at the same socket again, which then does
/// those in flight again; after <see cref="VhostUserDeviceOptions.ReconnectTime"/> requests of a disk fail, and another device needs a reset.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed partial class VhostUserDevice : IVirtioDevice
{
    // 24 to 40 are the rings' and the protocol's; the rest is the device type's.
    private const ulong DeviceBits = ~(((1UL << 41) - 1) & ~((1UL << 24) - 1));

    // What a back-end does by itself. To reset a single ring takes nothing but to stop it.
    private const VirtioFeatures BackendRing = VirtioFeatures.IndirectDescriptors | VirtioFeatures.EventIndex | VirtioFeatures.RingPacked | VirtioFeatures.InOrder;

    // What is done here for a queue that is relayed, whatever the back-end does. A table of the driver's takes one of the back-end's.
    private const VirtioFeatures RelayedRing = BackendRing & ~VirtioFeatures.IndirectDescriptors;

    private readonly string _path;
    private readonly VhostUserDeviceOptions _options;
    private readonly DescriptorWatch _watch;
    private readonly ConfigSpace _config;
    private readonly int _configLength;
    private readonly Lock _configGate = new();

    // Which activation goes with which connection: of one that is lost, only that needs a reset. Held for moments.
    private readonly Lock _gate = new();

    // Taken by each step of the driver, and by a reconnection while it has the rings served again. Held while a back-end answers. Before _gate.
    private readonly Lock _steps = new();
    private readonly ushort[] _queueSizes;

    // Under _steps.
    private readonly RemoteQueue?[] _queues;

    // The back-end keeps no record of what is in flight, so that this process must know. Constant: what is offered to the driver depends on it.
    private readonly bool _isRelayed;

    // Both under _gate.
    private BackendClient? _client;
    private DeviceActivation? _activation;

    private VhostUserDevice(DeviceId id, string path, VhostUserDeviceOptions options, BackendClient client)
    {
        Id = id;
        Features = client.Features & DeviceBits;
        _path = path;
        _options = options;
        _isRelayed = options.Recovers && !client.Protocol.HasFlag(ProtocolFeatures.InflightInSharedMemory);
        var offered = (VirtioFeatures)client.Features;
        RingFeatures = options.RingFeatures
            & (_isRelayed ? (offered & VirtioFeatures.IndirectDescriptors) | RelayedRing | VirtioFeatures.RingReset : (offered & BackendRing) | VirtioFeatures.RingReset);
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
    /// <param name="id">The type of device that it serves, any; a back-end does not say.</param>
    /// <param name="path">Of the socket.</param>
    /// <param name="options">How it is used.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="IOException">It cannot be connected to, does not answer as it must, or has not what is needed; the message says which.</exception>
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
            // What the back-end does not take is ignored, as the standard has it for what is not writable.
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
            // Without a back-end the queue waits for the next one, unless there will be none.
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
