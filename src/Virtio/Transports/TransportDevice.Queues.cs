using Virtio.Queues;

namespace Virtio.Transports;

/// <content>The queues: each is set up, kicked, reset and suspended on its own.</content>
internal sealed partial class TransportDevice
{
    internal QueueRegisters? Queue(uint index) => index < (uint)_queues.Length ? _queues[index] : null;

    /// <summary>The queues, for the transport's instruments.</summary>
    /// <param name="device">Index of this device in the transport.</param>
    internal IEnumerable<CountedQueue> CountedQueues(int device) =>
        _queues.Select((queue, index) => new CountedQueue(device, Device.Id, index, queue.Counters, () => queue.Kicks));

    /// <summary>Changes a queue's size or addresses. Ignored while the queue is ready, and from its first run until it is reset.</summary>
    internal void Configure(uint index, Action<QueueRegisters, uint> change, uint value)
    {
        lock (_gate)
        {
            if (Queue(index) is { IsReady: false, HasRun: false } queue)
                change(queue, value);
        }
    }

    /// <summary>
    /// Handles a write to QueueReady: makes the queue from the registers, or ends it. Before the features are final the layout of the ring
    /// is unknown: then only the register is set, and DRIVER_OK makes the queue. With an invalid size or address the queue stays not ready.
    /// </summary>
    internal void SetReady(uint index, bool ready)
    {
        lock (_gate)
        {
            if (Queue(index) is not { } queue || ready == queue.IsReady)
                return;
            if (!ready)
            {
                Stop(queue, (int)index);
                queue.Queue = null;
                queue.IsReady = false;
            }
            else if (FaultOfReady((int)index, queue) is { } fault)
            {
                Refuse(fault);
            }
            else
            {
                queue.IsReady = true;
                if (IsServing)
                    Start((int)index, queue);
            }
        }
    }

    /// <summary>
    /// Handles QueueReset: ends one queue without returning its chains to the driver, which may then set up the queue again (virtio 1.4,
    /// 2.6.1).
    /// </summary>
    internal void ResetQueue(uint index)
    {
        lock (_gate)
        {
            if (Queue(index) is not { } queue || !Status.HasFlag(DeviceStatus.DriverOk))
                return;
            if (!Took(VirtioFeatures.RingReset))
            {
                Refuse($"queue {index} is not reset: the driver did not accept VIRTIO_F_RING_RESET");
                return;
            }

            queue.Resetting = true;
            Stop(queue, (int)index);

            // A device that did not stop the queue may still write to its buffers, so the reset never ends.
            if (Lost is not null)
                return;
            queue.Clear();
            queue.Resetting = false;
        }
    }

    /// <summary>
    /// Drains and stops a queue, and returns its position in the ring. Null when the queue does not run, or when a request did not complete
    /// in time: the queue then continues, and nothing is lost.
    /// </summary>
    internal QueueState? SuspendQueue(uint index, TimeSpan timeout)
    {
        lock (_gate)
        {
            if (Queue(index) is not { Started: true, Queue: { } running } queue || !running.Drain(timeout))
                return null;
            Stop(queue, (int)index);
            return running.State;
        }
    }

    /// <summary>Serves a suspended queue again; false when there is none, or when <paramref name="state"/> does not fit its ring.</summary>
    internal bool ResumeQueue(uint index, QueueState state)
    {
        lock (_gate)
        {
            if (Queue(index) is not { Started: false, Queue: not null } queue || !IsServing || !TryMake(queue, state))
                return false;
            Start((int)index, queue);
            return true;
        }
    }

    /// <summary>Handles the driver's notification. It takes no lock, because a processor calls it on the path of a request.</summary>
    internal void Kick(uint index)
    {
        // With NOTIFICATION_DATA the upper bits hold the driver's ring position (virtio 1.4, 2.9). It is ignored: the ring itself holds it
        // too.
        if (IsServing)
            Queue(Took(VirtioFeatures.NotificationData) ? unchecked((ushort)index) : index)?.Kick();
    }

    /// <summary>
    /// The reason why a queue cannot become ready; null when it can. Also makes the queue if the features are final. A queue that has run
    /// must be reset first, alone or with the device: otherwise it would begin at the start of its ring again and serve old requests twice.
    /// </summary>
    private string? FaultOfReady(int index, QueueRegisters queue)
    {
        if (queue.HasRun)
            return $"queue {index} has run and cannot become ready again before it is reset";
        bool isPossible = IsNegotiated ? TryMake(queue, QueueState.Initial) : queue.Size != 0 && queue.Size <= queue.MaximumSize;
        return isPossible ? null : $"queue {index} cannot be used: {queue.Geometry}";
    }

    /// <summary>
    /// Makes the queues that became ready before the features were final. Returns why one of them cannot be made, or null.
    /// </summary>
    private string? MakeReadyQueues()
    {
        for (int i = 0; i < _queues.Length; i++)
        {
            if (_queues[i] is { IsReady: true, Queue: null } queue && !TryMake(queue, QueueState.Initial))
                return $"queue {i} cannot be used: {queue.Geometry}";
        }

        return null;
    }

    private bool TryMake(QueueRegisters queue, QueueState state)
    {
        Action interrupt = () => Interrupts.Raise(InterruptStatus.UsedBuffer);
        if (queue.Size > queue.MaximumSize
            || !Virtqueue.TryCreate(queue.ToConfig(_taken, state), _memory, interrupt, queue.Signal, out Virtqueue? made))
            return false;
        made!.PollTime = PollTime;
        made.StopLimit = StopLimit;
        made.Counters = queue.Counters;
        made.Duration = Duration;
        queue.Queue = made;
        return true;
    }

    private void Start(int index, QueueRegisters queue)
    {
        try
        {
            queue.Started = true;
            Device.StartQueue(index, queue.Queue!);

            // Another queue may have failed the device before this queue could be halted with the others.
            if (!IsServing)
                queue.Queue!.Halt();
        }
        catch (Exception e)
        {
            Fail(_session, e.Message, e);
        }
    }

    private void Stop(QueueRegisters queue, int index)
    {
        if (!queue.Started)
            return;
        queue.Started = false;
        Guarded.StopQueue(index);
        Lost ??= queue.Queue?.StopFailure;
    }
}
