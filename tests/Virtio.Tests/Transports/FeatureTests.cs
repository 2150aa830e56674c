using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Transports;

public sealed class FeatureTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(uint.MaxValue)]
    [Requirement("BASIC-FEAT-3")]
    public void A_feature_beyond_the_offered_words_is_refused_until_a_reset(uint window)
    {
        using var bus = new TestBus(new ProbeDevice());
        MmioDriver driver = bus.Driver();
        driver.Status = DeviceStatusBits.Acknowledge | DeviceStatusBits.Driver;
        driver.TakeFeatures(driver.OfferedFeatures);
        driver.WriteRegister(MmioRegisters.DriverFeaturesSelect, window);
        driver.WriteRegister(MmioRegisters.DriverFeatures, 1);
        driver.Status = DeviceStatusBits.Negotiated;
        Assert.Equal(DeviceStatusBits.Acknowledge | DeviceStatusBits.Driver, driver.Status);
        Assert.True(driver.Negotiate(driver.OfferedFeatures));
    }

    [Fact]
    public void Features_are_fixed_once_FEATURES_OK_is_set()
    {
        var device = new ProbeDevice();
        using var bus = new TestBus(device);
        MmioDriver driver = bus.Driver();
        driver.Prepare();
        driver.TakeFeatures(0);
        driver.SetDriverOk();
        Assert.Equal(driver.OfferedFeatures, device.Activation!.Features);
    }
}
