using System.Buffers.Binary;
using Virtio.Devices;

namespace Virtio.VhostUser;

/// <summary>What a front-end needs to know about a device type to pass on its configuration space.</summary>
internal static class RemoteConfig
{
    /// <summary>VIRTIO_BLK_F_MQ.</summary>
    internal const ulong BlockMultipleQueues = 1 << 12;

    /// <summary>The most bytes of configuration space that a message carries.</summary>
    internal const int MaximumLength = 256;

    private const ulong ConsoleMultiport = 1UL << 1;
    private const int ConsolePortsOffset = 4;
    private const int BlockQueuesOffset = 34;

    /// <summary>
    /// Length of the type's configuration space in bytes; null for an unknown type. A back-end refuses a read beyond its own length.
    /// </summary>
    internal static int? LengthOf(DeviceId id) => id switch
    {
        DeviceId.Network => 12,
        DeviceId.Block => 60,
        DeviceId.Console => 12,
        DeviceId.Balloon => 16,
        DeviceId.Socket => 8,
        DeviceId.Entropy => 0,
        _ => null,
    };

    /// <summary>
    /// The part that a driver may write: the block device's cache mode, the console's emergency character, the balloon's actual size. Some
    /// back-ends end the connection on a write elsewhere. For an unknown type, everything is passed to the back-end.
    /// </summary>
    internal static (int Offset, int Length) WritableOf(DeviceId id, int configLength) => id switch
    {
        DeviceId.Block => (32, 1),
        DeviceId.Console => (8, 4),
        DeviceId.Balloon => (4, 4),
        _ => LengthOf(id) is null ? (0, configLength) : default,
    };

    /// <summary>
    /// The number of queues where the caller does not give it: from the configuration space of a disk or a console, else the most possible.
    /// </summary>
    internal static int QueueCountOf(DeviceId id, ulong features, ReadOnlySpan<byte> config, int? most) => id switch
    {
        DeviceId.Block => BlockQueueCount(features, config, most),
        DeviceId.Console => ConsoleQueueCount(features, config, most),
        _ => most ?? 1,
    };

    private static int BlockQueueCount(ulong features, ReadOnlySpan<byte> config, int? most) =>
        (features & BlockMultipleQueues) == 0 || config.Length < BlockQueuesOffset + sizeof(ushort)
            ? 1
            : Math.Clamp(BinaryPrimitives.ReadUInt16LittleEndian(config[BlockQueuesOffset..]), (ushort)1, (ushort)(most ?? 1));

    // Two queues for each port, and two control queues where the device has them.
    private static int ConsoleQueueCount(ulong features, ReadOnlySpan<byte> config, int? most)
    {
        if ((features & ConsoleMultiport) == 0 || config.Length < ConsolePortsOffset + sizeof(uint))
            return 2;
        uint ports = BinaryPrimitives.ReadUInt32LittleEndian(config[ConsolePortsOffset..]);
        return (int)Math.Clamp(2 * (ports + 1UL), 4, (ulong)Math.Max(4, most ?? 4));
    }

    /// <summary>Writes the number of queues that the driver gets into a block device's configuration space.</summary>
    internal static void SetQueueCount(DeviceId id, ulong features, Span<byte> config, int count)
    {
        if (id == DeviceId.Block && (features & BlockMultipleQueues) != 0 && config.Length >= BlockQueuesOffset + sizeof(ushort))
            BinaryPrimitives.WriteUInt16LittleEndian(config[BlockQueuesOffset..], (ushort)count);
    }
}
