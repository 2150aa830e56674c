using Virtio.Queues;

namespace Virtio.Transports;

/// <content>Its queues: set up, kicked, reset, suspended, each on its own.</content>
internal sealed partial class TransportDevice
{
    internal QueueRegisters? Queue(uint index) => index < (uint)_queues.Length ? _queues[index] : null;

    /// <summary>Its queues, for the instruments of the transport in which it is the device of that index.</summary>
    internal IEnumerable<CountedQueue> CountedQueues(int device) =>
        _queues.Select((queue, index) => new CountedQueue(device, Device.Id, index, queue.Counters, () => queue.Kicks));

    /// <summary>Changes a queue's geometry; ignored while the queue is ready, and after it has run until it is reset.</summary>
    internal void Configure(uint index, Action<QueueRegisters, uint> change, uint value)
    {
        lock (_gate)
        {
            if (Queue(index) is { IsReady: false, HasRun: false } queue)
                change(queue, value);
        }
    }

    /// <summary>
    /// QueueReady. Makes the queue of what was written, or ends it. Before the features are known the layout of the ring is not known either: then only
    /// the register is set, and DRIVER_OK makes the queue. A geometry that makes no queue leaves it not ready.
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

    /// <summary>QueueReset: ends one queue, with none of what it holds given back, and lets it be set up anew (virtio 1.4, 2.6.1).</summary>
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

            // Otherwise the reset does not end: the device may still write to the queue's buffers.
            if (Lost is not null)
                return;
            queue.Clear();
            queue.Resetting = false;
        }
    }

    /// <summary>
    /// Stops a queue when all that was taken from it is given back, and says where it stands; null when it does not run, or something was not given back in
    /// time: then it goes on with nothing lost.
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

    /// <summary>Goes on with a suspended queue; false when there is none, or its ring is not what it was.</summary>
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

    /// <summary>The driver's notification. No lock: it comes from a processor on the path of a request.</summary>
    internal void Kick(uint index)
    {
        // With NOTIFICATION_DATA it also says how far the driver got (virtio 1.4, 2.9). The ring says the same, and is what counts.
        if (IsServing)
            Queue(Took(VirtioFeatures.NotificationData) ? unchecked((ushort)index) : index)?.Kick();
    }

    /// <summary>
    /// Why a queue cannot become ready; null when it can, and was made if the features are known. A queue that has run would begin at the start of its
    /// ring again and serve its old requests twice: only a reset of the queue or of the device makes it new.
    /// </summary>
    private string? FaultOfReady(int index, QueueRegisters queue)
    {
        if (queue.HasRun)
            return $"queue {index} has run and cannot become ready again before it is reset";
        bool isPossible = IsNegotiated ? TryMake(queue, QueueState.Initial) : queue.Size != 0 && queue.Size <= queue.MaximumSize;
        return isPossible ? null : $"queue {index} cannot be used: {queue.Geometry}";
    }

    /// <summary>Makes the queues that became ready before the features were known. Null, or why one of them cannot be made.</summary>
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
        if (queue.Size > queue.MaximumSize || !Virtqueue.TryCreate(queue.ToConfig(_taken, state), _memory, interrupt, queue.Signal, out Virtqueue? made))
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

            // A failure of another queue's that came before this one was there to be halted.
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
