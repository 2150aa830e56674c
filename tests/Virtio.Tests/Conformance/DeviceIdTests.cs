using Virtio.Devices;

namespace Virtio.Tests.Conformance;

public sealed class DeviceIdTests
{
    // The table of virtio 1.4, 5 does not have these numbers.
    private static readonly int[] Unassigned = [14, 15, 37];

    [Fact]
    public void Every_device_type_of_the_standard_has_one_name()
    {
        int[] standard = [.. Enumerable.Range(0, 50).Except(Unassigned)];
        Assert.Equal(standard, Enum.GetValues<DeviceId>().Select(id => (int)id));
        Assert.Equal(standard.Length, Enum.GetNames<DeviceId>().Length);
    }
}
