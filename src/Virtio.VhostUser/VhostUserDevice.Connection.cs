using Virtio.Devices;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <content>The connection to its back-end: made, lost, made anew, and what comes from there.</content>
public sealed partial class VhostUserDevice
{
    private BackendClient? Client => Volatile.Read(ref _client);

    private DeviceActivation? Activation => Volatile.Read(ref _activation);

    private static bool IsLoss(Exception e) => e is IOException or ProtocolException or ObjectDisposedException;

    private static byte[] ReadConfig(BackendClient client, DeviceId id)
    {
        byte[] config = new byte[RemoteConfig.LengthOf(id)];
        if (client.Protocol.HasFlag(ProtocolFeatures.Config) && config.Length > 0)
            client.ReadConfig(0, config);
        else if (id == DeviceId.Block)
            throw new ProtocolException("it does not tell the disk's size, which needs VHOST_USER_PROTOCOL_F_CONFIG");
        return config;
    }

    private static void CheckQueues(BackendClient client, int queues)
    {
        if (!((VirtioFeatures)client.Features).HasFlag(VirtioFeatures.Version1))
            throw new ProtocolException("it knows only the legacy interface (no VIRTIO_F_VERSION_1)");
        int most = client.QueueCount ?? queues;
        if (queues > most)
            throw new ProtocolException($"it has {most} queue{(most == 1 ? "" : "s")}, and not {queues}");
    }

    private BackendClient Reconnect()
    {
        BackendClient client = BackendClient.Connect(_path, _options.Timeout);
        try
        {
            ulong missing = (Features | (ulong)(RingFeatures & BackendRing)) & ~client.Features;
            if (missing != 0)
                throw new ProtocolException($"it does not offer features 0x{missing:x} any more");
            CheckQueues(client, _queues.Length);
            UpdateConfig(ReadConfig(client, Id));
            Use(client);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private void Use(BackendClient client)
    {
        _hasMemory = false;

        // Under the lock: what loses it at once waits until all of it is watched, and can be forgotten.
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

            // It may end this alone.
            _watch.Remove(channel.Handle);
        }
        catch (Exception e) when (IsLoss(e))
        {
            Lose(client, e);
        }
    }

    private bool RefreshConfig(BackendClient client)
    {
        // What was read first must not replace what was read later.
        lock (_configGate)
            return UpdateConfig(ReadConfig(client, Id));
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

    /// <summary>The driver's own step has failed, so that what it has just begun needs a reset, whoever lost the connection.</summary>
    private void Fail(BackendClient? client, Exception reason)
    {
        Drop(client);
        Activation?.Fail(Describe(reason), reason);
    }

    /// <summary>A connection was found to be of no use any more, at any time.</summary>
    private void Lose(BackendClient client, Exception reason) => Drop(client)?.Fail(Describe(reason), reason);

    /// <returns>What needs a reset for it.</returns>
    private DeviceActivation? Drop(BackendClient? client)
    {
        DeviceActivation? affected;
        lock (_gate)
        {
            if (client is null || _client != client)
                return null;
            Volatile.Write(ref _client, null);
            affected = _activation;
        }

        _watch.Remove(client.Handle);
        if (client.Channel is { } channel)
            _watch.Remove(channel.Handle);
        client.Dispose();
        return affected;
    }

    private string Describe(Exception reason) => $"the back-end at {_path}: {reason.Message}";
}
