namespace Virtio.VhostUser.Protocol;

/// <summary>What both ends understand beyond the oldest messages.</summary>
[Flags]
internal enum ProtocolFeatures : ulong
{
    None = 0,

    /// <summary>The number of queues can be asked for.</summary>
    MultipleQueues = 1UL << 0,

    /// <summary>Pages written are marked in a log, for migration.</summary>
    LogInSharedMemory = 1UL << 1,

    /// <summary>A message may ask for an answer that has none of its own.</summary>
    ReplyAck = 1UL << 3,

    /// <summary>The back-end has a channel for messages of its own.</summary>
    BackendChannel = 1UL << 5,

    /// <summary>Configuration space goes through the back-end.</summary>
    Config = 1UL << 9,

    /// <summary>What is in flight is kept in memory that outlives the back-end.</summary>
    InflightInSharedMemory = 1UL << 12,

    /// <summary>The device can be reset.</summary>
    ResetDevice = 1UL << 13,

    /// <summary>Kicks and interrupts may be messages.</summary>
    InBandNotifications = 1UL << 14,

    /// <summary>Memory regions come and go one by one.</summary>
    ConfigureMemorySlots = 1UL << 15,

    /// <summary>The device status is known to the back-end.</summary>
    Status = 1UL << 16,

    /// <summary>The device's state can be saved and loaded.</summary>
    DeviceState = 1UL << 19,
}
