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

    /// <summary>Made when the driver sets QueueReady, served from DRIVER_OK on. Read by kicks without a lock.</summary>
    internal Virtqueue? Queue
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>The device serves the queue.</summary>
    internal bool Started { get; set; }

    /// <summary>A reset of this queue goes on (virtio 1.4, 2.6.1.1).</summary>
    internal bool Resetting
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>The queue was reset on its own and may be set up anew while the device runs.</summary>
    internal bool MayRestart { get; private set; }

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
    internal void Clear(bool mayRestart = false)
    {
        Queue = null;
        Started = false;
        MayRestart = mayRestart;
        Size = maximumSize;
        DescriptorArea = DriverArea = DeviceArea = 0;
    }
}
