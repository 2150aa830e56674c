using Virtio.Devices.Block;
using Virtio.Storage;
using Virtio.Testing.Guest;
using Virtio.Vmm;

namespace Virtio.Guest.Tests;

/// <summary>The example of the README, word for word.</summary>
public sealed class ExampleTests
{
    public ExampleTests() => Guests.RequireImage(MicroVmMachine.Auto);

    [Fact]
    public async Task Eight_sectors_are_what_the_guest_says()
    {
        var disk = new BlockDevice(new MemoryStorage(4096));
        await using LinuxGuest guest = await LinuxGuest.StartAsync(new LinuxGuestOptions { Devices = [disk] });

        GuestResult result = await guest.RunAsync("cat /sys/block/vda/size");

        Assert.Equal("8", result.Text);
    }
}
