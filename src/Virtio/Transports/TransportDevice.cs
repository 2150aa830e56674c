using Microsoft.Extensions.Logging;
using Virtio.Devices;
using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.Transports;

/// <summary>
/// The state of one device as its driver sees it (virtio 1.4, 2.1 and 3.1): status, features, queues, reset. It is independent of the
/// transport, which only decodes registers. One lock guards the registers. Kicks and interrupts do not take it, so a worker never waits for
/// a processor that waits for the worker to stop.
/// </summary>
internal sealed partial class TransportDevice
{
    // A guest can make its device fail any number of times; it must not be able to fill the log that way.
    private const int LoggedFailures = 5;

    // Guards the registers. Held during a reset, while that waits for workers.
    private readonly Lock _gate = new();
    private readonly GuestMemory _memory;
    private readonly ILogger _logger;
    private readonly QueueRegisters[] _queues;
    private readonly ulong _offered;

    // The DeviceStatus. Changed atomically, under _gate except for NEEDS_RESET, which any thread adds; read without.
    private int _status;

    // Failures that were logged. Incremented atomically; resets do not clear it.
    private int _failures;

    // Identifies the time from DRIVER_OK to the reset; null outside of it. Written under _gate, read without.
    private object? _session;

    internal TransportDevice(
        IVirtioDevice device,
        GuestMemory memory,
        Action<bool> setInterruptLine,
        Func<int, QueueSignal> createSignal,
        ILogger logger)
    {
        Device = device;
        Guarded = new GuardedDevice(device, (reason, e) => Fail(_session, reason, e));
        _memory = memory;
        _logger = logger;
        Interrupts = new InterruptStatus(setInterruptLine);
        _queues = [.. device.QueueSizes.ToArray().Select((size, index) => new QueueRegisters(index, size, createSignal(index)))];
        _offered = FeatureRules.Offered(device.Features, device.RingFeatures);
    }

    internal IVirtioDevice Device { get; }

    internal GuardedDevice Guarded { get; }

    internal InterruptStatus Interrupts { get; }

    /// <summary>How long the workers of the queues poll for more requests before they sleep.</summary>
    internal TimeSpan PollTime { get; init; }

    /// <summary>How long the stop of a queue may wait for the device; infinite by default.</summary>
    internal TimeSpan StopLimit { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Set when the device is lost because it did not stop a queue; normally null. From then on a reset does not end (the status stays
    /// DEVICE_NEEDS_RESET), because the device may still write to the driver's memory. Written under the lock.
    /// </summary>
    internal QueueStopException? Lost { get; private set; }

    /// <summary>Records the durations of requests; null where they are not measured.</summary>
    internal RequestDuration? Duration { get; init; }

    internal DeviceStatus Status => (DeviceStatus)Volatile.Read(ref _status);

    /// <summary>A window of 32 bits of the offered features. Windows beyond the second are empty.</summary>
    internal uint OfferedFeatures(uint window) => window switch
    {
        0 => unchecked((uint)_offered),
        1 => (uint)(_offered >> 32),
        _ => 0,
    };

    /// <summary>
    /// Resets the device. Returns when no thread touches a queue or buffer any more, unless the device is then <see cref="Lost"/>.
    /// </summary>
    internal void ForceReset()
    {
        lock (_gate)
            Reset();
    }

    private void AddStatus(DeviceStatus bits) => Interlocked.Or(ref _status, (int)bits);

    private void Activate()
    {
        try
        {
            var session = new object();
            Volatile.Write(ref _session, session);
            Interrupts.Enable();
            Device.Activate(new DeviceActivation(_taken, NotifyConfigChanged, (reason, e) => Fail(session, reason, e), _logger));
            for (int i = 0; i < _queues.Length; i++)
            {
                if (_queues[i].Queue is not { } queue)
                    continue;
                _queues[i].Started = true;
                Device.StartQueue(i, queue);
            }
        }
        catch (Exception e)
        {
            Fail(_session, e.Message, e);
        }
    }

    private bool IsServing => (Status & (DeviceStatus.DriverOk | DeviceStatus.Failed | DeviceStatus.NeedsReset)) == DeviceStatus.DriverOk;

    private void NotifyConfigChanged() => Interrupts.Raise(InterruptStatus.ConfigChange);

    // Workers call this, so it does not take _gate: a reset may hold it and wait for that very worker. A call from an activation that a
    // reset has ended is ignored.
    private void Fail(object? session, string reason, Exception? exception)
    {
        if (session != Volatile.Read(ref _session))
            return;
        if (!TryAddNeedsReset())
        {
            // The device does not run, so there is nothing to halt. An exception is a fault of its code and is logged all the same.
            if (exception is not null)
                LogFailure(reason, exception);
            return;
        }

        foreach (QueueRegisters queue in _queues)
            queue.Queue?.Halt();
        LogFailure(reason, exception);
        NotifyConfigChanged();
    }

    private void LogFailure(string reason, Exception? exception)
    {
        if (Volatile.Read(ref _failures) < LoggedFailures && Interlocked.Increment(ref _failures) <= LoggedFailures)
            TransportLog.DeviceFailed(_logger, Device.Id, reason, exception);
    }

    private bool TryAddNeedsReset()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref _status);
            if (((DeviceStatus)seen & (DeviceStatus.DriverOk | DeviceStatus.NeedsReset)) != DeviceStatus.DriverOk)
                return false;
        }
        while (Interlocked.CompareExchange(ref _status, seen | (int)DeviceStatus.NeedsReset, seen) != seen);
        return true;
    }

    private void Reset()
    {
        bool wasActive = Status.HasFlag(DeviceStatus.DriverOk);
        StopQueues();
        if (wasActive && Lost is null)
            Guarded.Reset();
        foreach (QueueRegisters queue in _queues)
            queue.Clear();
        ForgetNegotiation();

        // The status is written last: a driver that reads 0 finds no event, and no device that could still raise one (virtio 1.4, 2.4.1).
        Volatile.Write(ref _session, null);
        Interrupts.Disable();
        Volatile.Write(ref _status, Lost is null ? 0 : (int)DeviceStatus.NeedsReset);
    }

    private void StopQueues()
    {
        for (int i = 0; i < _queues.Length; i++)
            Stop(_queues[i], i);
    }
}
