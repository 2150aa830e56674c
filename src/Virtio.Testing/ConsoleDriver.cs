using Virtio.Devices;

namespace Virtio.Testing;

/// <summary>Drives a console device with one port (virtio 1.4, 5.3).</summary>
/// <param name="driver">A started driver of such a device.</param>
/// <exception cref="ArgumentException">The device is of another type.</exception>
public sealed class ConsoleDriver(MmioDriver driver)
{
    private const int ReceiveQueue = 0;
    private const int TransmitQueue = 1;

    private readonly MmioDriver _driver = MmioDriver.OfType(driver, DeviceId.Console);

    /// <summary>Writes to the console; returns when the device has taken the bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => _driver.Queue(TransmitQueue).Exchange(bytes, 0);

    /// <summary>Waits for input.</summary>
    /// <param name="room">At most this many bytes.</param>
    /// <returns>What came, at least 1 byte.</returns>
    public byte[] Read(int room) => _driver.Queue(ReceiveQueue).Exchange([], room);
}
