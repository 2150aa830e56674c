using Microsoft.Extensions.Logging;
using Virtio.Devices;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <content>The loss of a connection, and the reconnection.</content>
public sealed partial class VhostUserDevice
{
    // The last reconnection, which may have ended; null before the first. Under _gate.
    private Reconnection? _reconnection;

    // Bounds how often a back-end that dies again and again is logged. Under _gate.
    private PacedLogger? _logger;

    // Requests fail, because the back-end stays away. Under _steps.
    private bool _isFailing;

    private bool IsReconnecting
    {
        get
        {
            lock (_gate)
                return _client is null && _reconnection is { IsEnded: false };
        }
    }

    /// <summary>
    /// Handles the failure of a step that the driver has asked for. A lost back-end is reconnected to. Where the back-end is there and
    /// refuses, the device fails at once, so that the driver learns of it.
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

    /// <summary>Gives up the current connection.</summary>
    private void LoseServing(Exception reason)
    {
        if (Client is { } client)
            Lose(client, reason);
    }

    /// <summary>
    /// Gives up a connection that is of no more use. Any thread may call it, at any time; only the first call for a connection has an
    /// effect.
    /// </summary>
    private void Lose(BackendClient client, Exception reason)
    {
        if (Drop(client) is not { } affected)
            return;
        if (_options.Recovers)
            Reconnect(affected, reason);
        else
            affected.Fail(Describe(reason), reason);
    }

    /// <summary>Closes a connection.</summary>
    /// <returns>The activation that it served; null where there was none, or where the connection was closed before.</returns>
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
        var reconnection = new Reconnection(
            $"vhost-user {Id} reconnection",
            reason,
            _options.ReconnectTime,
            attempt => Attempt(attempt, activation),
            (self, last) => GiveUp(self, activation, last));
        VhostUserDeviceLog.Lost(logger, Id, _path, reason.Message, _options.ReconnectTime.TotalSeconds, reason);
        lock (_gate)
        {
            // A reset came first: that activation has ended, and the next one connects by itself.
            if (_activation != activation)
                return;
            _reconnection = reconnection;
            reconnection.Start();
        }
    }

    /// <summary>Tries to connect and to resume all queues.</summary>
    /// <returns>Why that failed; null where a back-end serves, or where the attempts should end.</returns>
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
                    // From here on the back-end is given rings, and a reset must not abort the connection. The driver may reuse a ring's
                    // memory once its stop returns. The stop waits for this lock and then has the back-end stop the ring; after an abort
                    // the back-end would still touch the ring for a moment.
                    attempt.Watch(null);

                    // A reset that came before this lock was taken has ended the attempt. One that comes later waits for the lock.
                    if (attempt.IsEnded || Activation != activation)
                    {
                        client.Dispose();
                        return null;
                    }

                    Resume(client, activation);
                    queues = [.. _queues.OfType<RemoteQueue>()];
                    lock (_configGate)
                        hasChanged = UpdateConfig(config);
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

    private void Resume(BackendClient client, DeviceActivation activation)
    {
        bool wasFailing = _isFailing;
        foreach (RemoteQueue queue in _queues.OfType<RemoteQueue>())
            queue.EndFailing();
        _isFailing = false;
        try
        {
            Replay(client, activation);
        }
        catch (Exception e) when (IsLoss(e) && wasFailing)
        {
            // The time limit had passed before, so the driver must not wait for the next attempt. The connection is closed first: this
            // back-end may have been given some rings.
            client.Dispose();
            FailRequests(activation);
            throw;
        }
    }

    /// <summary>Fails a disk's requests from here on; where that is impossible, fails the device. Called under _steps.</summary>
    private bool FailRequests(DeviceActivation activation)
    {
        try
        {
            _isFailing = true;
            foreach (RemoteQueue queue in _queues.OfType<RemoteQueue>())
                queue.BeginFailing(new FailingContext(activation, _watch, _record));
            return true;
        }
        catch (Exception e) when (IsLoss(e))
        {
            activation.Fail(Describe(e), e);
            return false;
        }
    }

    /// <summary>
    /// Called when the time limit has passed. Linux's block driver does not support DEVICE_NEEDS_RESET: its requests would wait forever. So
    /// a disk's requests fail until there is a back-end again, and the attempts go on. Other device types have no failed completion, so the
    /// device needs a reset.
    /// </summary>
    /// <returns>Whether to go on with the attempts.</returns>
    private bool GiveUp(Reconnection reconnection, DeviceActivation activation, Exception reason)
    {
        lock (_steps)
        {
            if (reconnection.IsEnded || Activation != activation)
                return false;
            if (Id == DeviceId.Block)
            {
                VhostUserDeviceLog.Failing(LoggerOf(activation), Id, _path, _options.ReconnectTime.TotalSeconds, reason.Message, reason);
                return FailRequests(activation);
            }
        }

        activation.Fail(
            $"the back-end at {_path} was away for {_options.ReconnectTime.TotalSeconds:0.#} s: {reason.Message}; "
            + "start it again, then reset the device",
            reason);
        return false;
    }

    /// <summary>Ends the reconnection attempts; does not wait for their thread.</summary>
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
