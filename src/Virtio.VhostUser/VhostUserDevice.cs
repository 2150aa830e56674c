using System.Runtime.Versioning;
using Virtio.Devices;
using Virtio.Linux;
using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>
/// A device that another process serves over vhost-user: qemu-storage-daemon, a <see cref="VhostUserServer"/>, any back-end. That process gets the guest's memory and
/// works on the rings itself; kicks go to it by eventfd, interrupts come from it. When it dies, or does not answer as it must, the device needs a reset, and connects
/// anew when its driver starts again.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed partial class VhostUserDevice : IVirtioDevice
{
    // 24 to 40 are the rings' and the protocol's; the rest is the device type's.
    private const ulong DeviceBits = ~(((1UL << 41) - 1) & ~((1UL << 24) - 1));

    // What a back-end does by itself. To reset a single ring takes nothing but to stop it.
    private const VirtioFeatures BackendRing = VirtioFeatures.IndirectDescriptors | VirtioFeatures.EventIndex | VirtioFeatures.RingPacked | VirtioFeatures.InOrder;

    private readonly string _path;
    private readonly VhostUserDeviceOptions _options;
    private readonly DescriptorWatch _watch;
    private readonly ConfigSpace _config;
    private readonly Lock _configGate = new();

    // Which activation goes with which connection: of one that is lost, only that needs a reset.
    private readonly Lock _gate = new();
    private readonly ushort[] _queueSizes;
    private readonly RemoteQueue?[] _queues;
    private BackendClient? _client;
    private DeviceActivation? _activation;
    private bool _hasMemory;

    private VhostUserDevice(DeviceId id, string path, VhostUserDeviceOptions options, BackendClient client)
    {
        Id = id;
        Features = client.Features & DeviceBits;
        RingFeatures = options.RingFeatures & (((VirtioFeatures)client.Features & BackendRing) | VirtioFeatures.RingReset);
        byte[] config = ReadConfig(client, id);
        int queues = options.Queues ?? RemoteConfig.QueueCountOf(id, Features, config, client.QueueCount);
        CheckQueues(client, queues);
        _path = path;
        _options = options;
        _config = new ConfigSpace(config.Length);
        _queueSizes = [.. Enumerable.Repeat((ushort)options.QueueSize, queues)];
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
    /// <param name="id">The type of device that it serves; a back-end does not say.</param>
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
            BackendClient client = BackendClient.Connect(path, options.Timeout);
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
        (int start, int length) = RemoteConfig.WritableOf(Id);
        if (offset < start || source.IsEmpty || source.Length > start + length - offset || Client is not { } client)
            return;
        try
        {
            client.WriteConfig((uint)offset, source);
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
        BackendClient? client = Begin(activation);
        try
        {
            client ??= Reconnect();
            client.SetFeatures(activation.Features & client.Features);
        }
        catch (Exception e) when (IsLoss(e))
        {
            Fail(client, e);
        }
    }

    /// <inheritdoc/>
    public void StartQueue(int index, Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        if (Client is not { } client)
            return;
        var remote = new RemoteQueue($"vhost-user {Id} {index}", queue);
        _queues[index] = remote;
        try
        {
            if (!_hasMemory)
                client.SetMemory(queue.Memory.Regions);
            _hasMemory = true;
            _watch.AddEvent(remote.Call.Handle, remote.Interrupt);
            _watch.AddEvent(remote.Error.Handle, () => Activation?.Fail($"queue {index}: the back-end says that it is broken"));
            client.StartRing(remote.ToSetup());
        }
        catch (Exception e) when (IsLoss(e))
        {
            Fail(client, e);
        }
    }

    /// <inheritdoc/>
    public void StopQueue(int index)
    {
        if (_queues[index] is not { } remote)
            return;
        _queues[index] = null;
        BackendClient? client = Client;
        try
        {
            client?.StopRing(index);
        }
        catch (Exception e) when (IsLoss(e))
        {
            Fail(client, e);
        }

        _watch.Remove(remote.Call.Handle);
        _watch.Remove(remote.Error.Handle);
        remote.Dispose();
    }

    /// <inheritdoc/>
    public void Reset()
    {
        BackendClient? client = Begin(null);
        try
        {
            client?.Reset();
        }
        catch (Exception e) when (IsLoss(e))
        {
            Fail(client, e);
        }
    }

    /// <summary>Ends the connection.</summary>
    public ValueTask DisposeAsync()
    {
        for (int i = 0; i < _queues.Length; i++)
            StopQueue(i);
        Drop(Begin(null));
        _watch.Dispose();
        return ValueTask.CompletedTask;
    }
}
