using System.Buffers.Binary;

namespace Virtio.Transports.Mmio;

/// <summary>
/// Decodes the virtio-mmio registers of one device. Every offset and width has a defined result. Control registers are 32 bits wide and
/// aligned (virtio 1.4, 4.2.2.2); any other access to them reads 0 and writes nothing.
/// </summary>
internal sealed class MmioDevice(TransportDevice transport)
{
    // "VNET" in ASCII. It is no assigned PCI vendor id, and drivers only display it.
    private const uint Vendor = 0x54454e56;

    // The selector registers. Without a lock: a driver that writes them from two processors at a time only harms itself.
    private uint _deviceFeaturesSelect;
    private uint _driverFeaturesSelect;
    private uint _queueSelect;

    internal TransportDevice Transport => transport;

    internal void Read(int offset, Span<byte> data)
    {
        data.Clear();
        if (offset >= MmioRegisters.Config)
            transport.Guarded.ReadConfig(offset - MmioRegisters.Config, data);
        else if (data.Length == sizeof(uint) && offset % sizeof(uint) == 0)
            BinaryPrimitives.WriteUInt32LittleEndian(data, Read(offset));
    }

    internal void Write(int offset, ReadOnlySpan<byte> data)
    {
        if (offset >= MmioRegisters.Config)
            transport.Guarded.WriteConfig(offset - MmioRegisters.Config, data);
        else if (data.Length == sizeof(uint) && offset % sizeof(uint) == 0)
            Write(offset, BinaryPrimitives.ReadUInt32LittleEndian(data));
    }

    private uint Read(int offset) => offset switch
    {
        MmioRegisters.Magic => MmioRegisters.MagicValue,
        MmioRegisters.DeviceVersion => MmioRegisters.Version,
        MmioRegisters.DeviceId => (uint)transport.Device.Id,
        MmioRegisters.VendorId => Vendor,
        MmioRegisters.DeviceFeatures => transport.OfferedFeatures(_deviceFeaturesSelect),
        MmioRegisters.QueueSizeMaximum => transport.Queue(_queueSelect)?.MaximumSize ?? 0u,
        MmioRegisters.QueueReady => transport.Queue(_queueSelect) is { IsReady: true } ? 1u : 0u,
        MmioRegisters.QueueReset => transport.Queue(_queueSelect) is { Resetting: true } ? 1u : 0u,
        MmioRegisters.InterruptStatus => transport.Interrupts.Events,
        MmioRegisters.Status => (uint)transport.Status,

        // No shared memory regions: length and base read as all ones (virtio 1.4, 4.2.2).
        >= MmioRegisters.SharedMemoryLengthLow and <= MmioRegisters.SharedMemoryBaseHigh => uint.MaxValue,
        MmioRegisters.ConfigGeneration => transport.Guarded.ConfigGeneration,
        _ => 0,
    };

    private void Write(int offset, uint value)
    {
        switch (offset)
        {
            case MmioRegisters.DeviceFeaturesSelect:
                _deviceFeaturesSelect = value;
                break;
            case MmioRegisters.DriverFeatures:
                transport.TakeFeatures(_driverFeaturesSelect, value);
                break;
            case MmioRegisters.DriverFeaturesSelect:
                _driverFeaturesSelect = value;
                break;
            case MmioRegisters.QueueSelect:
                _queueSelect = value;
                break;
            case MmioRegisters.QueueReady when value <= 1:
                transport.SetReady(_queueSelect, value == 1);
                break;
            case MmioRegisters.QueueReset when value == 1:
                transport.ResetQueue(_queueSelect);
                break;
            case MmioRegisters.QueueNotify:
                transport.Kick(value);
                break;
            case MmioRegisters.InterruptAcknowledge:
                transport.Interrupts.Acknowledge(value);
                break;
            case MmioRegisters.Status:
                transport.WriteStatus(value);
                break;
            default:
                WriteGeometry(offset, value);
                break;
        }
    }

    private void WriteGeometry(int offset, uint value)
    {
        Action<QueueRegisters, uint>? change = offset switch
        {
            MmioRegisters.QueueSize => static (queue, size) => queue.Size = size,
            MmioRegisters.QueueDescriptorLow => static (queue, low) => queue.DescriptorArea = WithLow(queue.DescriptorArea, low),
            MmioRegisters.QueueDescriptorHigh => static (queue, high) => queue.DescriptorArea = WithHigh(queue.DescriptorArea, high),
            MmioRegisters.QueueDriverLow => static (queue, low) => queue.DriverArea = WithLow(queue.DriverArea, low),
            MmioRegisters.QueueDriverHigh => static (queue, high) => queue.DriverArea = WithHigh(queue.DriverArea, high),
            MmioRegisters.QueueDeviceLow => static (queue, low) => queue.DeviceArea = WithLow(queue.DeviceArea, low),
            MmioRegisters.QueueDeviceHigh => static (queue, high) => queue.DeviceArea = WithHigh(queue.DeviceArea, high),
            _ => null,
        };
        if (change is not null)
            transport.Configure(_queueSelect, change, value);
    }

    private static ulong WithLow(ulong address, uint low) => (address & ~(ulong)uint.MaxValue) | low;

    private static ulong WithHigh(ulong address, uint high) => (address & uint.MaxValue) | ((ulong)high << 32);
}
