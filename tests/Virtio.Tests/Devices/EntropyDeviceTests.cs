using Virtio.Devices.Entropy;
using Virtio.Testing;

namespace Virtio.Tests.Devices;

public sealed class EntropyDeviceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(4096)]
    [InlineData(65536)]
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
}
