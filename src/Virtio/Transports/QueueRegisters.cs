using Virtio.Queues;

namespace Virtio.Transports;

/// <summary>
/// The registers of one queue as the driver wrote them, and the queue that was made of them. The device's lock guards what has no other
/// note.
/// </summary>
internal sealed class QueueRegisters(int index, ushort maximumSize, QueueSignal signal)
{
    // Incremented atomically by any thread.
    private long _kicks;

    internal ushort MaximumSize => maximumSize;

    /// <summary>
    /// Wakes the worker of every queue that is ever made here. If a queue ends with the signal set, the next queue's worker only looks once
    /// more than needed.
    /// </summary>
    internal QueueSignal Signal => signal;

    /// <summary>Counts for every queue that is ever made here.</summary>
    internal QueueCounters Counters { get; } = new();

    /// <summary>Notifications that came as writes to a register.</summary>
    internal long Kicks => Volatile.Read(ref _kicks);

    /// <summary>In descriptors, unchecked.</summary>
    internal uint Size { get; set; } = maximumSize;

    /// <summary>Guest-physical address, unchecked, as are the next two.</summary>
    internal ulong DescriptorArea { get; set; }

    internal ulong DriverArea { get; set; }

    internal ulong DeviceArea { get; set; }

    /// <summary>
    /// The QueueReady register. Before DRIVER_OK it may be set while there is no <see cref="Queue"/> yet. Written under the device's lock,
    /// read without.
    /// </summary>
    internal bool IsReady
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>
    /// The queue. It is made once the queue is ready and the features are known, and is served from DRIVER_OK on. Kicks read it without a
    /// lock.
    /// </summary>
    internal Virtqueue? Queue
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>The device serves the queue.</summary>
    internal bool Started
    {
        get;
        set
        {
            field = value;
            HasRun |= value;
        }
    }

    /// <summary>
    /// The device has served the queue since its last reset, so the device's position in the ring is no longer the start.
    /// </summary>
    internal bool HasRun { get; private set; }

    /// <summary>A reset of this queue is in progress (virtio 1.4, 2.6.1.1). Written under the device's lock, read without.</summary>
    internal bool Resetting
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>The size and addresses that the driver wrote, for a message.</summary>
    internal string Geometry =>
        $"size {Size} of at most {maximumSize}, "
        + $"descriptor area 0x{DescriptorArea:x}, driver area 0x{DriverArea:x}, device area 0x{DeviceArea:x}";

    internal QueueConfig ToConfig(ulong features, QueueState state) => new()
    {
        Index = index,
        Size = Size,
        DescriptorArea = DescriptorArea,
        DriverArea = DriverArea,
        DeviceArea = DeviceArea,
        Features = (VirtioFeatures)features,
        State = state,
    };

    /// <summary>Handles the driver's notification. Thread-safe.</summary>
    internal void Kick()
    {
        // Not among the counters that the worker writes: sharing their cache line would cost the worker a cache miss per kick.
        Interlocked.Increment(ref _kicks);
        Queue?.Kick();
    }

    /// <summary>Returns to the state before the driver wrote anything.</summary>
    internal void Clear()
    {
        Queue = null;
        IsReady = false;
        Started = false;
        HasRun = false;
        Size = maximumSize;
        DescriptorArea = DriverArea = DeviceArea = 0;
    }
}
