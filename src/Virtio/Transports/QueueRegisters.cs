using Virtio.Queues;

namespace Virtio.Transports;

/// <summary>What a driver wrote about one queue, and the queue that came of it.</summary>
internal sealed class QueueRegisters(int index, ushort maximumSize, QueueSignal signal)
{
    private long _kicks;

    internal ushort MaximumSize => maximumSize;

    /// <summary>Wakes the worker of every queue that is ever made here. What one that ended left set only makes the next one look once more.</summary>
    internal QueueSignal Signal => signal;

    /// <summary>Of every queue that is ever made here.</summary>
    internal QueueCounters Counters { get; } = new();

    /// <summary>Notifications that came as writes to a register.</summary>
    internal long Kicks => Volatile.Read(ref _kicks);

    internal uint Size { get; set; } = maximumSize;

    internal ulong DescriptorArea { get; set; }

    internal ulong DriverArea { get; set; }

    internal ulong DeviceArea { get; set; }

    /// <summary>The QueueReady register. Without a queue only until DRIVER_OK. Written under the device's lock, read without.</summary>
    internal bool IsReady
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>Made once the queue is ready and the features are known, served from DRIVER_OK on. Read by kicks without a lock.</summary>
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

    /// <summary>The device has served the queue since it was last reset, so that the device's place in the ring is no longer its start.</summary>
    internal bool HasRun { get; private set; }

    /// <summary>A reset of this queue goes on (virtio 1.4, 2.6.1.1).</summary>
    internal bool Resetting
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>What the driver wrote, for a message.</summary>
    internal string Geometry =>
        $"size {Size} of at most {maximumSize}, descriptor area 0x{DescriptorArea:x}, driver area 0x{DriverArea:x}, device area 0x{DeviceArea:x}";

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

    /// <summary>The driver's notification. Thread-safe.</summary>
    internal void Kick()
    {
        // Away from what the worker counts, on whose processor that would otherwise be missed each time.
        Interlocked.Increment(ref _kicks);
        Queue?.Kick();
    }

    /// <summary>Back to what it was before the driver touched it.</summary>
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
