namespace Virtio.Testing.Conformance;

/// <summary>
/// Checks what a device offers, and how it starts and stops (virtio 1.4, 2.1 to 2.4 and 6). Derive a test class from it for a device of
/// your own.
/// </summary>
/// <remarks>The suite makes one request at a time, at most 64 in one test.</remarks>
/// <param name="device">The device.</param>
public abstract class DeviceConformance(DeviceUnderTest device)
{
    private const ulong Version1 = (ulong)VirtioFeatures.Version1;

    // Feature bits 24 to 41 are not specific to a device type (virtio 1.4, 6).
    private const ulong Common = 0x3ff_ff00_0000;

    // Every feature of the rings that a device can offer.
    private const VirtioFeatures EveryRing = VirtioFeatures.RingDefault | VirtioFeatures.InOrder | VirtioFeatures.NotificationData
        | VirtioFeatures.AccessPlatform | VirtioFeatures.OrderPlatform;

    [Fact]
    [Requirement("BASIC-FEAT-1", "BLK-INIT-2")]
    public void Offered_features_come_with_what_they_need()
    {
        using TestBus bus = device.OnBus();
        ulong offered = bus.Driver().OfferedFeatures;
        foreach ((int bit, int needs) in device.Dependencies)
            Assert.False(Has(offered, bit) && !Has(offered, needs), $"bit {bit} is offered without bit {needs}");
    }

    [Fact]
    [Requirement("BASIC-FEAT-2", "BASIC-RSVD-4", "BASIC-RSVD-6")]
    public void Every_subset_of_the_offered_features_is_accepted()
    {
        using TestBus bus = device.OnBus(EveryRing);
        MmioDriver driver = bus.Driver();
        ulong offered = driver.OfferedFeatures;
        for (int bit = 0; bit < 64; bit++)
            device.AssertWorks(driver.Start(Version1 | (offered & (1UL << bit))));
        var random = new Random(2);
        for (int i = 0; i < 200; i++)
            Assert.True(driver.Negotiate(Version1 | (offered & (ulong)random.NextInt64())));
    }

    [Fact]
    [Requirement("BASIC-FEAT-3")]
    public void A_feature_that_is_not_offered_is_refused_and_may_then_be_given_up()
    {
        using TestBus bus = device.OnBus();
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

    [Fact]
    [Requirement("BASIC-FEAT-4", "BASIC-RSVD-10")]
    public void Only_features_of_the_standard_are_offered_and_all_at_once_work()
    {
        const ulong PciOnly = (ulong)VirtioFeatures.SingleRootIov;
        using TestBus bus = device.OnBus();
        ulong offered = bus.Driver().OfferedFeatures;
        Assert.Equal(0UL, offered & ~(device.StandardFeatures | Common));
        Assert.Equal(0UL, offered & PciOnly);
        device.AssertWorks(bus.Driver().Start(offered));
    }

    [Fact]
    [Requirement("BASIC-FEAT-5")]
    public void What_was_accepted_once_is_accepted_again()
    {
        using TestBus bus = device.OnBus();
        for (int i = 0; i < 100; i++)
            Assert.True(bus.Driver().Negotiate(bus.Driver().OfferedFeatures));
    }

    [Fact]
    [Requirement("BASIC-RSVD-1", "BASIC-RSVD-2")]
    public void VERSION_1_is_offered_and_demanded()
    {
        using TestBus bus = device.OnBus();
        ulong offered = bus.Driver().OfferedFeatures;
        Assert.True(Has(offered, 32));
        Assert.False(bus.Driver().Negotiate(offered & ~Version1));
    }

    [Theory]
    [MemberData(nameof(RingChoice.LayoutNames), MemberType = typeof(RingChoice))]
    [Requirement("BASIC-STATUS-1", "BASIC-STATUS-2")]
    public void Nothing_is_taken_and_nobody_notified_before_DRIVER_OK(string ring)
    {
        using TestBus bus = device.OnBus(RingChoice.Named(ring));
        MmioDriver driver = bus.Driver();
        driver.Prepare();
        DriverQueue queue = driver.Queue(device.Queue);
        DriverBuffer[] request = device.Request(bus);
        queue.Offer(request);
        driver.Notify((uint)device.Queue);
        Assert.False(driver.Interrupt.WaitForChange(0, DriverExtensions.Silence));
        Assert.False(queue.TryCollect(out _));
        Assert.Equal(InterruptBits.None, driver.PendingInterrupts);
        driver.SetDriverOk();
        driver.Notify((uint)device.Queue);
        device.Supply(bus, 1);
        device.AssertAnswered(bus, request, queue.Collect());
    }

    [Theory]
    [MemberData(nameof(RingChoice.Names), MemberType = typeof(RingChoice))]
    public void It_starts_and_stops_many_times(string ring)
    {
        using TestBus bus = device.OnBus(RingChoice.Named(ring));
        for (int i = 0; i < 20; i++)
            device.AssertWorks(bus.Driver().Start());
    }

    private static bool Has(ulong features, int bit) => (features & (1UL << bit)) != 0;
}
