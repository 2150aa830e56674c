using Virtio.Devices;

namespace Virtio.Testing;

/// <summary>Drives an entropy device (virtio 1.4, 5.4).</summary>
/// <param name="driver">A started driver of such a device.</param>
/// <exception cref="ArgumentException">The device is of another type.</exception>
public sealed class EntropyDriver(MmioDriver driver)
{
    private readonly MmioDriver _driver = MmioDriver.OfType(driver, DeviceId.Entropy);

    /// <summary>Asks for random bytes, once.</summary>
    /// <param name="room">Maximum number of bytes.</param>
    /// <returns>The bytes that the device wrote, at least 1.</returns>
    public byte[] Read(int room) => _driver.Queue().Exchange([], room);
}
