using Virtio.Cli.Arguments;
using Virtio.Devices;

namespace Virtio.Cli.Tests.Arguments;

public class VhostUserSpecTests
{
    private const VirtioFeatures Usual = VirtioFeatures.RingDefault | VirtioFeatures.InOrder;

    [Fact]
    public void A_device_of_another_process_is_a_type_and_a_socket_with_options_in_any_order()
    {
        Assert.Equal(
            new VhostUserSpec(DeviceId.Block, "/run/disk", null, new RingSpec(Usual, null)),
            VhostUserSpec.Parse("block,socket=/run/disk"));
        Assert.Equal(
            new VhostUserSpec(DeviceId.Console, "c", 2, new RingSpec(Usual & ~VirtioFeatures.RingPacked, 128)),
            VhostUserSpec.Parse("console,queue-size=128,queues=2,packed=off,socket=c"));
        Assert.Equal(DeviceId.Entropy, VhostUserSpec.Parse("entropy,socket=e").Id);
        Assert.Equal("a,b", VhostUserSpec.Parse("entropy,socket=a,,b").Socket);
    }

    [Theory]
    [InlineData("")]
    [InlineData("block")]
    [InlineData("block,socket=")]
    [InlineData("disk,socket=a")]
    [InlineData("socket=a")]
    [InlineData("block,socket=a,queues=0")]
    [InlineData("block,socket=a,queues=65")]
    [InlineData("block,socket=a,queues=x")]
    [InlineData("block,socket=a,ro")]
    [InlineData("block,socket=a,packed=maybe")]
    [InlineData("block,socket=a,queue-size=300,packed=off")]
    public void What_is_no_such_device_is_refused_with_its_text(string text)
    {
        UsageException refusal = Assert.Throws<UsageException>(() => VhostUserSpec.Parse(text));
        Assert.StartsWith("--vhost-user", refusal.Message);
        Assert.Contains(text, refusal.Message);
    }
}
