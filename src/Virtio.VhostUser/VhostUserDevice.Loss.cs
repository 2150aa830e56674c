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

    // Requests fail. Under _steps.
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
        var reconnection = new Reconnection($"vhost-user {Id} reconnection", reason, _options.ReconnectTime, attempt => Attempt(attempt, activation), (self, last) => GiveUp(self, activation, last));
        VhostUserDeviceLog.Lost(logger, Id, _path, reason.Message, _options.ReconnectTime.TotalSeconds, reason);
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
                    // From here on the back-end is given rings. The driver may reuse a ring's memory as soon as its stop returns: that waits for this lock, and then has the
                    // back-end stop the ring. If it broke the connection instead, the back-end would go on for a moment.
                    attempt.Watch(null);

                    // Before the lock a reset may have ended the attempt; behind it none goes on before this is done.
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
            // The driver's time was over before: it must not wait for the next attempt. Not beside a back-end that may have been given some rings.
            client.Dispose();
            FailRequests(activation);
            throw;
        }
    }

    /// <summary>Fails a disk's requests from here on; where that is impossible, the device needs a reset. Under the lock of steps.</summary>
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
    /// The time is over. Linux's block driver knows no DEVICE_NEEDS_RESET: its requests would wait for ever. They fail instead, until there is a back-end again, which is looked
    /// for all the same. Other devices have no answer for failure, and need a reset.
    /// </summary>
    /// <returns>Whether to go on.</returns>
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

        activation.Fail($"the back-end at {_path} was away for {_options.ReconnectTime.TotalSeconds:0.#} s: {reason.Message}; start it again, then reset the device", reason);
        return false;
    }

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
