using Virtio.Devices;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <content>The connection to the back-end, and the messages from it.</content>
public sealed partial class VhostUserDevice
{
    private BackendClient? Client => Volatile.Read(ref _client);

    private DeviceActivation? Activation => Volatile.Read(ref _activation);

    private static bool IsLoss(Exception e) => e is IOException or ObjectDisposedException;

    /// <summary>
    /// Length of configuration space: as the caller gives it, else that of the device type, else as many bytes as the back-end allows to be
    /// read.
    /// </summary>
    private static int FindConfigLength(BackendClient client, DeviceId id, int? wanted)
    {
        if (!client.Protocol.HasFlag(ProtocolFeatures.Config))
        {
            return id == DeviceId.Block || wanted > 0
                ? throw new ProtocolException(
                    "it does not tell its configuration (for a disk, its size), which needs VHOST_USER_PROTOCOL_F_CONFIG")
                : 0;
        }

        if (wanted is { } length)
            return length;
        if (RemoteConfig.LengthOf(id) is { } usual)
            return usual;
        Span<byte> config = stackalloc byte[RemoteConfig.MaximumLength];
        if (client.TryReadConfig(0, config))
            return config.Length;

        // Some back-ends refuse a read beyond their length. The longest read that succeeds gives the length.
        (int most, int refused) = (0, config.Length);
        while (refused - most > 1)
        {
            int middle = (most + refused) / 2;
            if (client.TryReadConfig(0, config[..middle]))
                most = middle;
            else
                refused = middle;
        }

        return most;
    }

    private static void CheckQueues(BackendClient client, int queues)
    {
        if (!((VirtioFeatures)client.Features).HasFlag(VirtioFeatures.Version1))
            throw new ProtocolException("it knows only the legacy interface (no VIRTIO_F_VERSION_1)");
        int most = client.QueueCount ?? queues;
        if (queues > most)
            throw new ProtocolException($"it has {most} queue{(most == 1 ? "" : "s")}, and not {queues}");
    }

    private byte[] ReadConfig(BackendClient client)
    {
        byte[] config = new byte[_configLength];
        if (config.Length > 0)
            client.ReadConfig(0, config);
        return config;
    }

    /// <summary>Connects, and checks that the back-end still offers what the driver was offered.</summary>
    /// <param name="attempt">The reconnection that this connection is a part of, which can abort it; null for none.</param>
    /// <param name="config">The current configuration space.</param>
    private BackendClient ConnectTo(Reconnection? attempt, out byte[] config)
    {
        BackendClient client = BackendClient.Connect(_path, _options.Timeout, _options.Protocol, attempt is null ? null : attempt.Watch);
        try
        {
            VirtioFeatures ring = RingFeatures & (_isRelayed ? VirtioFeatures.IndirectDescriptors : BackendRing);
            ulong missing = (Features | (ulong)ring) & ~client.Features;
            if (missing != 0)
                throw new ProtocolException($"it does not offer features 0x{missing:x} any more");
            if (KeepsRecord && !client.Protocol.HasFlag(ProtocolFeatures.InflightInSharedMemory))
            {
                throw new ProtocolException(
                    "it does not keep a record of requests in flight any more (VHOST_USER_PROTOCOL_F_INFLIGHT_SHMFD)");
            }

            CheckQueues(client, _queues.Length);
            config = ReadConfig(client);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Connects for a driver that starts the device while no back-end is connected.</summary>
    private BackendClient ConnectAgain()
    {
        BackendClient client = ConnectTo(null, out byte[] config);
        UpdateConfig(config);
        Use(client);
        return client;
    }

    private void Use(BackendClient client)
    {
        // Under the lock: a loss that is detected at once waits until both descriptors are watched, and can then remove them.
        lock (_gate)
        {
            Volatile.Write(ref _client, client);
            _watch.AddEnd(client.Handle, () => Lose(client, new IOException("the back-end has ended the connection")));
            if (client.Channel is { } channel)
                _watch.AddSocket(channel.Handle, () => Listen(client, channel));
        }
    }

    private void Listen(BackendClient client, DescriptorSocket channel)
    {
        try
        {
            if (BackendMessages.TryReceive(channel, _options.Timeout, out BackendRequest request))
            {
                if (request == BackendRequest.ConfigChanged && RefreshConfig(client))
                    Activation?.NotifyConfigChanged();
                return;
            }

            // The back-end may close this channel without ending the connection.
            _watch.Remove(channel.Handle);
        }
        catch (Exception e) when (IsLoss(e))
        {
            Lose(client, e);
        }
    }

    private bool RefreshConfig(BackendClient client)
    {
        // Under the lock: an older answer must not replace a newer one.
        lock (_configGate)
            return UpdateConfig(ReadConfig(client));
    }

    private bool UpdateConfig(byte[] config)
    {
        RemoteConfig.SetQueueCount(Id, Features, config, _queues.Length);
        return _config.Update(0, config);
    }

    private BackendClient? Begin(DeviceActivation? activation)
    {
        lock (_gate)
        {
            Volatile.Write(ref _activation, activation);
            return _client;
        }
    }

    private string Describe(Exception reason) => $"the back-end at {_path}: {reason.Message}";
}
