using Virtio.Devices;
using Virtio.Transports.Mmio;

namespace Virtio.Testing;

/// <content>Checks of arguments.</content>
public sealed partial class MmioDriver
{
    /// <summary>The driver, if its device is of that type.</summary>
    internal static MmioDriver OfType(MmioDriver driver, DeviceId type)
    {
        ArgumentNullException.ThrowIfNull(driver);
        IVirtioDevice device = driver.Device;
        return device.Id == type
            ? driver
            : throw new ArgumentException(
                $"the device, a {device.GetType().Name}, is of the type {device.Id} ({(int)device.Id}), not {type} ({(int)type})",
                nameof(driver));
    }

    private static int ConfigOffset(int offset) => offset >= 0
        ? MmioRegisters.Config + offset
        : throw new ArgumentOutOfRangeException(nameof(offset), offset, "an offset in configuration space is 0 or more");

    private void CheckQueue(int index)
    {
        if (index < 0 || index >= QueueCount)
            throw new ArgumentOutOfRangeException(nameof(index), index,
                $"the device, a {Device.GetType().Name}, has {QueueCount} queues, numbered from 0");
    }
}
