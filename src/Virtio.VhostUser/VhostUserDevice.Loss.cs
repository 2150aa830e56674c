using Microsoft.Extensions.Logging;
using Virtio.Devices;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <content>A connection that is lost, and one that takes its place.</content>
public sealed partial class VhostUserDevice
{
    // Under _gate, but for a look. The last one, which may have ended.
    private Reconnection? _reconnection;

    // A back-end that dies over and over is logged a bounded number of times. Under _gate.
    private PacedLogger? _logger;

    private bool IsReconnecting
    {
        get
        {
            lock (_gate)
                return _client is null && _reconnection is { IsEnded: false };
        }
    }

    /// <summary>
    /// A step of the driver's own has failed. A back-end that has gone is waited for, as at any other time; of one that is there and refuses the driver must learn at once.
    /// </summary>
    private void FailStep(BackendClient? client, Exception reason)
    {
        if (Activation is not { } activation)
        {
            Drop(client);
            return;
        }

        if (_options.Recovers && reason is not ProtocolException)
        {
            if (client is null)
                Reconnect(activation, reason);
            else
                Lose(client, reason);
            return;
        }

        Drop(client);
        activation.Fail(Describe(reason), reason);
    }

    /// <summary>The connection that serves now was found to be of no use any more.</summary>
    private void LoseServing(Exception reason)
    {
        if (Client is { } client)
            Lose(client, reason);
    }

    /// <summary>A connection was found to be of no use any more, at any time, by any thread. Of those that find out at once, the first does something.</summary>
    private void Lose(BackendClient client, Exception reason)
    {
        if (Drop(client) is not { } affected)
            return;
        if (_options.Recovers)
            Reconnect(affected, reason);
        else
            affected.Fail(Describe(reason), reason);
    }

    /// <returns>The driver's session that was served by it.</returns>
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

    private void Reconnect(DeviceActivation activation, Exception reason)
    {
        ILogger logger = LoggerOf(activation);
        var reconnection = new Reconnection($"vhost-user {Id} reconnection", reason, _options.ReconnectTime, attempt => Attempt(attempt, activation), last => GiveUp(activation, last));
        VhostUserDeviceLog.Lost(logger, Id, _path, reason.Message, _options.ReconnectTime.TotalSeconds);
        lock (_gate)
        {
            // A reset came first: its driver's session has ended, and the next one connects by itself.
            if (_activation != activation)
                return;
            _reconnection = reconnection;
            reconnection.Start();
        }
    }

    /// <summary>Why the back-end cannot be had yet; null when it serves, or nothing is to be tried any more.</summary>
    private Exception? Attempt(Reconnection attempt, DeviceActivation activation)
    {
        RemoteQueue[] queues;
        bool hasChanged;
        try
        {
            BackendClient client = ConnectTo(attempt, out byte[] config);
            try
            {
                lock (_steps)
                {
                    // Before the lock a reset may have ended the attempt; behind it none goes on before this is done.
                    if (attempt.IsEnded || Activation != activation)
                    {
                        client.Dispose();
                        return null;
                    }

                    Replay(client, activation);
                    queues = [.. _queues.OfType<RemoteQueue>()];
                    lock (_configGate)
                        hasChanged = UpdateConfig(config);
                    attempt.Watch(null);
                    Use(client);
                    foreach (RemoteQueue queue in queues)
                        queue.Resumed();
                }
            }
            catch
            {
                client.Dispose();
                throw;
            }
        }
        catch (Exception e) when (IsLoss(e))
        {
            return e;
        }
        finally
        {
            attempt.Watch(null);
        }

        VhostUserDeviceLog.Back(LoggerOf(activation), Id, _path);
        if (hasChanged)
            activation.NotifyConfigChanged();
        return null;
    }

    private void GiveUp(DeviceActivation activation, Exception reason) => activation.Fail(
        $"the back-end at {_path} was away for {_options.ReconnectTime.TotalSeconds:0.#} s: {reason.Message}; start it again, then reset the device", reason);

    /// <summary>Ends what the driver's session waits for; does not wait for the thread.</summary>
    private Reconnection? EndReconnection()
    {
        Reconnection? reconnection;
        lock (_gate)
            reconnection = _reconnection;
        reconnection?.End();
        return reconnection;
    }

    private PacedLogger LoggerOf(DeviceActivation activation)
    {
        lock (_gate)
            return _logger ??= new PacedLogger(activation.Logger, TimeProvider.System);
    }
}
