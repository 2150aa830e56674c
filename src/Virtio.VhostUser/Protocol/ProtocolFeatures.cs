namespace Virtio.VhostUser.Protocol;

/// <summary>The protocol features, which both ends negotiate.</summary>
[Flags]
internal enum ProtocolFeatures : ulong
{
    None = 0,

    /// <summary>The front-end can ask for the number of queues.</summary>
    MultipleQueues = 1UL << 0,

    /// <summary>The back-end marks written pages in a log, for migration.</summary>
    LogInSharedMemory = 1UL << 1,

    /// <summary>The sender of a message without an answer may ask for an acknowledgement.</summary>
    ReplyAck = 1UL << 3,

    /// <summary>The back-end has a channel for its own messages.</summary>
    BackendChannel = 1UL << 5,

    /// <summary>The back-end holds configuration space.</summary>
    Config = 1UL << 9,

    /// <summary>The back-end records chains in flight in memory that outlives it.</summary>
    InflightInSharedMemory = 1UL << 12,

    /// <summary>The front-end can reset the device.</summary>
    ResetDevice = 1UL << 13,

    /// <summary>Notifications and interrupts may be messages.</summary>
    InBandNotifications = 1UL << 14,

    /// <summary>The front-end can add and remove single memory regions.</summary>
    ConfigureMemorySlots = 1UL << 15,

    /// <summary>The front-end tells the back-end the device status.</summary>
    Status = 1UL << 16,

    /// <summary>The front-end can save and load the device's state.</summary>
    DeviceState = 1UL << 19,
}
