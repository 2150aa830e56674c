using Virtio.Devices;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Transports;

public sealed class FeatureTests
{
    private const ulong Required = (1UL << 32) | (1UL << 34);

    // Bits 24 to 41 belong to every device (virtio 1.4, 6).
    private const ulong Common = 0x3ff_ff00_0000;

    private const ulong PciOnly = 1UL << 37;

    // A bit of a device type and the bit that it needs (virtio 1.4, 5.2.5.2).
    private static readonly (DeviceId Device, int Bit, int Needs)[] Dependencies = [(DeviceId.Block, 11, 9)];

    [Theory]
    [MemberData(nameof(DeviceKind.Names), MemberType = typeof(DeviceKind))]
    [Requirement("BASIC-FEAT-1", "BLK-INIT-2")]
    public void Offered_features_come_with_what_they_need(string name)
    {
        using var bus = new TestBus(DeviceKind.Named(name).Create());
        ulong offered = bus.Driver().OfferedFeatures;
        foreach ((_, int bit, int needs) in Dependencies.Where(row => row.Device == bus.Mmio.Devices[0].Device.Id))
            Assert.False(Has(offered, bit) && !Has(offered, needs), $"bit {bit} is offered without bit {needs}");
    }

    [Theory]
    [MemberData(nameof(DeviceKind.Names), MemberType = typeof(DeviceKind))]
    [Requirement("BASIC-FEAT-2")]
    public void Every_subset_of_the_offered_features_is_accepted(string name)
    {
        DeviceKind kind = DeviceKind.Named(name);
        using var bus = new TestBus(kind.Create());
        MmioDriver driver = bus.Driver();
        ulong offered = driver.OfferedFeatures;
        for (int bit = 0; bit < 64; bit++)
            kind.AssertWorks(driver.Start(Required | (offered & (1UL << bit))));
        var random = new Random(2);
        for (int i = 0; i < 200; i++)
            Assert.True(driver.Negotiate(Required | (offered & (ulong)random.NextInt64())));
    }

    [Theory]
    [MemberData(nameof(DeviceKind.Names), MemberType = typeof(DeviceKind))]
    [Requirement("BASIC-FEAT-3")]
    public void A_feature_that_is_not_offered_is_refused_and_may_then_be_given_up(string name)
    {
        DeviceKind kind = DeviceKind.Named(name);
        using var bus = new TestBus(kind.Create());
        MmioDriver driver = bus.Driver();
        ulong offered = driver.OfferedFeatures;
        for (int bit = 0; bit < 64; bit++)
        {
            if (Has(offered, bit))
                continue;
            Assert.False(driver.Negotiate(offered | (1UL << bit)));
            Assert.Equal(DeviceStatusBits.Acknowledge | DeviceStatusBits.Driver, driver.Status);
            driver.TakeFeatures(offered);
            driver.Status = DeviceStatusBits.Negotiated;
            Assert.Equal(DeviceStatusBits.Negotiated, driver.Status);
        }
    }

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

    [Theory]
    [MemberData(nameof(DeviceKind.Names), MemberType = typeof(DeviceKind))]
    [Requirement("BASIC-FEAT-4", "BASIC-RSVD-10")]
    public void Only_features_of_the_standard_are_offered_and_all_at_once_work(string name)
    {
        DeviceKind kind = DeviceKind.Named(name);
        using var bus = new TestBus(kind.Create());
        ulong offered = bus.Driver().OfferedFeatures;
        Assert.Equal(0UL, offered & ~(kind.StandardFeatures | Common));
        Assert.Equal(0UL, offered & PciOnly);
        kind.AssertWorks(bus.Driver().Start(offered));
    }

    [Theory]
    [MemberData(nameof(DeviceKind.Names), MemberType = typeof(DeviceKind))]
    [Requirement("BASIC-FEAT-5")]
    public void What_was_accepted_once_is_accepted_again(string name)
    {
        using var bus = new TestBus(DeviceKind.Named(name).Create());
        for (int i = 0; i < 100; i++)
            Assert.True(bus.Driver().Negotiate(bus.Driver().OfferedFeatures));
    }

    [Theory]
    [MemberData(nameof(DeviceKind.Names), MemberType = typeof(DeviceKind))]
    [Requirement("BASIC-RSVD-1", "BASIC-RSVD-2")]
    public void VERSION_1_is_offered_and_demanded(string name)
    {
        using var bus = new TestBus(DeviceKind.Named(name).Create());
        ulong offered = bus.Driver().OfferedFeatures;
        Assert.True(Has(offered, 32));
        Assert.False(bus.Driver().Negotiate(offered & ~(1UL << 32)));
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

    private static bool Has(ulong features, int bit) => (features & (1UL << bit)) != 0;
}
