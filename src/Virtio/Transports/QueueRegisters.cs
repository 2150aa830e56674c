using Virtio.Queues;

namespace Virtio.Transports;

/// <summary>What a driver wrote about one queue, and the queue that came of it.</summary>
internal sealed class QueueRegisters(int index, ushort maximumSize, QueueSignal signal)
{
    internal ushort MaximumSize => maximumSize;

    /// <summary>Wakes the worker of every queue that is ever made here. What one that ended left set only makes the next one look once more.</summary>
    internal QueueSignal Signal => signal;

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

    internal QueueConfig ToConfig(ulong features) => new()
    {
        Index = index,
        Size = Size,
        DescriptorArea = DescriptorArea,
        DriverArea = DriverArea,
        DeviceArea = DeviceArea,
        Features = (VirtioFeatures)features,
    };

    internal void Clear()
    {
        Queue = null;
        Started = false;
        Size = maximumSize;
        DescriptorArea = DriverArea = DeviceArea = 0;
    }
}
