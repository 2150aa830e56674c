using System.Buffers.Binary;
using Virtio.Devices;

namespace Virtio.VhostUser;

/// <summary>What a front-end must know of a device type to pass its configuration space on.</summary>
internal static class RemoteConfig
{
    /// <summary>VIRTIO_BLK_F_MQ.</summary>
    internal const ulong BlockMultipleQueues = 1 << 12;

    /// <summary>The most bytes that the protocol has room for.</summary>
    internal const int MaximumLength = 256;

    private const ulong ConsoleMultiport = 1UL << 1;
    private const int ConsolePortsOffset = 4;
    private const int BlockQueuesOffset = 34;

    /// <summary>Its length in bytes; null where the type is not known here. Back-ends refuse to be asked for more than they have.</summary>
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
    /// The only part that a driver may write: the block device's cache mode, the console's emergency character, the size that a balloon has reached. Back-ends give the device
    /// up for a write anywhere else. Of a type that is not known here, the back-end decides.
    /// </summary>
    internal static (int Offset, int Length) WritableOf(DeviceId id, int configLength) => id switch
    {
        DeviceId.Block => (32, 1),
        DeviceId.Console => (8, 4),
        DeviceId.Balloon => (4, 4),
        _ => LengthOf(id) is null ? (0, configLength) : default,
    };

    /// <summary>How many queues a device has unless the caller says it: those that the configuration of a disk or a console names.</summary>
    internal static int QueueCountOf(DeviceId id, ulong features, ReadOnlySpan<byte> config, int? most) => id switch
    {
        DeviceId.Block => (features & BlockMultipleQueues) == 0 || config.Length < BlockQueuesOffset + sizeof(ushort) ? 1 : Math.Clamp(BinaryPrimitives.ReadUInt16LittleEndian(config[BlockQueuesOffset..]), (ushort)1, (ushort)(most ?? 1)),
        DeviceId.Console => ConsoleQueueCount(features, config, most),
        _ => most ?? 1,
    };

    // Two for each port, and two for the control where there is one.
    private static int ConsoleQueueCount(ulong features, ReadOnlySpan<byte> config, int? most)
    {
        if ((features & ConsoleMultiport) == 0 || config.Length < ConsolePortsOffset + sizeof(uint))
            return 2;
        uint ports = BinaryPrimitives.ReadUInt32LittleEndian(config[ConsolePortsOffset..]);
        return (int)Math.Clamp(2 * (ports + 1UL), 4, (ulong)Math.Max(4, most ?? 4));
    }

    /// <summary>Makes a block device's configuration say how many queues there are here.</summary>
    internal static void SetQueueCount(DeviceId id, ulong features, Span<byte> config, int count)
    {
        if (id == DeviceId.Block && (features & BlockMultipleQueues) != 0 && config.Length >= BlockQueuesOffset + sizeof(ushort))
            BinaryPrimitives.WriteUInt16LittleEndian(config[BlockQueuesOffset..], (ushort)count);
    }
}
