using Virtio.Devices.Entropy;
using Virtio.Testing;
using Virtio.Tests.Conformance;

namespace Virtio.Tests.Devices;

public sealed class EntropyDeviceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(4096)]
    [InlineData(65536)]
    [InlineData(200_000)]
    [Requirement("RNG-1", "RNG-2")]
    public void Every_buffer_gets_random_bytes(int room)
    {
        using var bus = new TestBus(new EntropyDevice());
        var entropy = new EntropyDriver(bus.Driver().Start());
        byte[] first = entropy.Read(room);
        byte[] second = entropy.Read(room);
        Assert.InRange(first.Length, 1, room);
        if (room >= 8)
            Assert.NotEqual(first, second);
    }

    [Fact]
    [Requirement("RNG-1")]
    public void A_buffer_in_pieces_is_filled_from_the_first_one_on()
    {
        using var bus = new TestBus(new EntropyDevice());
        MmioDriver driver = bus.Driver().Start();
        ulong first = bus.Place(new byte[64]);
        ulong second = bus.Place(new byte[64]);
        driver.Queue().Offer(DriverBuffer.Writable(first, 64), DriverBuffer.Writable(second, 64));
        driver.Queue().Kick();
        Assert.Equal(128u, driver.Queue().Collect().Length);
        Assert.Contains(bus.Read(first, 64), value => value != 0);
        Assert.Contains(bus.Read(second, 64), value => value != 0);
    }
}
