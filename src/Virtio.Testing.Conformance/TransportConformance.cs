using Virtio.Transports.Mmio;

namespace Virtio.Testing.Conformance;

/// <summary>Checks the registers of a device (virtio 1.4, 4.2). Derive a test class from it for a device of your own.</summary>
/// <remarks>The suite makes one request at a time, at most 7 in one test.</remarks>
/// <param name="device">The device.</param>
public abstract class TransportConformance(DeviceUnderTest device)
{
    private const int ConfigSize = 0xf00;
    private const uint BothEvents = 3;

    [Fact]
    [Requirement("MMIO-1", "MMIO-2", "MMIO-4")]
    public void Identity_reads_the_same_and_events_stay_within_their_two_bits_in_every_state()
    {
        using TestBus bus = device.OnBus();
        MmioDriver driver = bus.Driver();
        foreach (DeviceStatusBits status in DriverExtensions.States)
        {
            driver.BringTo(status, device.Queue, () => device.Supply(bus, 1));
            Assert.Equal(0x74726976u, driver.ReadRegister(0x000));
            Assert.Equal(2u, driver.ReadRegister(0x004));
            Assert.Equal((uint)bus.Mmio.Devices[0].Device.Id, driver.ReadRegister(0x008));
            Assert.Equal(0u, driver.ReadRegister(0x060) & ~BothEvents);
        }
    }

    [Theory]
    [MemberData(nameof(RingChoice.Names), MemberType = typeof(RingChoice))]
    [Requirement("MMIO-3")]
    public void An_event_shows_until_its_own_bit_is_acknowledged(string ring)
    {
        using TestBus bus = device.OnBus(RingChoice.Named(ring));
        MmioDriver driver = bus.Driver().Start();
        DriverQueue queue = driver.Queue(device.Queue);
        queue.EnableInterrupts();
        queue.Offer(device.Request(bus));
        driver.Notify((uint)device.Queue);
        device.Supply(bus, 1);
        driver.AwaitPending(InterruptBits.UsedBuffer);
        driver.Acknowledge(InterruptBits.ConfigChange);
        Assert.Equal(InterruptBits.UsedBuffer, driver.PendingInterrupts);
        Assert.True(driver.Interrupt.IsAsserted);
        driver.Acknowledge(InterruptBits.UsedBuffer);
        Assert.Equal(InterruptBits.None, driver.PendingInterrupts);
        Assert.False(driver.Interrupt.IsAsserted);
    }

    [Theory]
    [MemberData(nameof(RingChoice.LayoutNames), MemberType = typeof(RingChoice))]
    [Requirement("BASIC-RESET-1", "MMIO-5", "MMIO-6", "MMIO-9")]
    public void Reset_ends_every_state_and_clears_interrupts_and_queues(string ring)
    {
        using TestBus bus = device.OnBus(RingChoice.Offered(RingChoice.Named(ring)));
        MmioDriver driver = bus.Driver();
        foreach (DeviceStatusBits status in DriverExtensions.States)
        {
            driver.BringTo(status, device.Queue, () => device.Supply(bus, 1));
            driver.WriteRegister(MmioRegisters.QueueSelect, (uint)device.Queue);
            driver.WriteRegister(MmioRegisters.QueueReset, 1);
            driver.Status = DeviceStatusBits.None;
            Assert.Equal(DeviceStatusBits.None, driver.Status);
            Assert.Equal(InterruptBits.None, driver.PendingInterrupts);
            Assert.False(driver.Interrupt.IsAsserted);
            for (uint queue = 0; queue < driver.QueueCount; queue++)
            {
                Assert.False(driver.IsQueueReady(queue));
                Assert.False(driver.IsQueueResetting(queue));
            }

            device.AssertWorks(driver.Start());
        }
    }

    [Theory]
    [MemberData(nameof(RingChoice.LayoutNames), MemberType = typeof(RingChoice))]
    [Requirement("MMIO-8")]
    public void A_queue_that_is_not_ready_is_not_touched(string ring)
    {
        using TestBus bus = device.OnBus(RingChoice.Named(ring));
        MmioDriver driver = bus.Driver();
        driver.Prepare();
        driver.Queue(device.Queue).Offer(device.Request(bus));
        for (uint queue = 0; queue < driver.QueueCount; queue++)
        {
            driver.WriteRegister(MmioRegisters.QueueSelect, queue);
            driver.WriteRegister(MmioRegisters.QueueReady, 0);
        }

        byte[] before = bus.Snapshot();
        driver.SetDriverOk();
        driver.Notify((uint)device.Queue);
        device.Supply(bus, 1);
        Assert.False(driver.Interrupt.WaitForChange(0, DriverExtensions.Silence));
        driver.Reset();
        Assert.True(before.AsSpan().SequenceEqual(bus.Snapshot()), "the device wrote to a queue that is not ready");
    }

    [Theory]
    [MemberData(nameof(RingChoice.LayoutNames), MemberType = typeof(RingChoice))]
    [Requirement("MMIO-8")]
    public void A_queue_that_is_no_longer_ready_is_not_touched(string ring)
    {
        using TestBus bus = device.OnBus(RingChoice.Named(ring));
        MmioDriver driver = bus.Driver().Start();
        device.AssertWorks(driver);
        driver.WriteRegister(MmioRegisters.QueueSelect, (uint)device.Queue);
        driver.WriteRegister(MmioRegisters.QueueReady, 0);
        driver.AssertSilentAfterKick(device.Queue, () =>
        {
            driver.Queue(device.Queue).Offer(device.Request(bus));
            device.Supply(bus, 1);
        });
        device.AssertWorks(driver.Start());
    }

    [Fact]
    [Requirement("MMIO-D1")]
    public void A_queue_that_does_not_exist_has_size_0_and_cannot_be_set_up()
    {
        using TestBus bus = device.OnBus();
        MmioDriver driver = bus.Driver();
        driver.Prepare();
        QueueAreas areas = driver.Queue(device.Queue).Areas;
        foreach (uint index in Enumerable.Range(driver.QueueCount, 65536 - driver.QueueCount).Select(i => (uint)i).Append(uint.MaxValue))
            Assert.Equal(0u, driver.QueueSizeMaximum(index));
        Assert.False(driver.EnableQueue((uint)driver.QueueCount, areas));
        Assert.False(driver.EnableQueue(uint.MaxValue, areas));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(uint.MaxValue)]
    [Requirement("MMIO-D2")]
    public void Feature_windows_beyond_the_offered_words_are_empty(uint window)
    {
        using TestBus bus = device.OnBus();
        Assert.Equal(0u, bus.Driver().FeatureWindow(window));
    }

    [Fact]
    [Requirement("MMIO-D3")]
    public void QueueReady_reads_back_what_was_written()
    {
        using TestBus bus = device.OnBus();
        MmioDriver driver = bus.Driver();
        driver.Prepare();
        for (uint queue = 0; queue < driver.QueueCount; queue++)
        {
            Assert.True(driver.IsQueueReady(queue));
            driver.WriteRegister(MmioRegisters.QueueReady, 0);
            Assert.False(driver.IsQueueReady(queue));
            driver.WriteRegister(MmioRegisters.QueueReady, 1);
            Assert.True(driver.IsQueueReady(queue));
        }
    }

    [Fact]
    [Requirement("MMIO-D4", "BASIC-SHM-1", "BASIC-SHM-2")]
    public void No_shared_memory_region_exists()
    {
        using TestBus bus = device.OnBus();
        for (uint id = 0; id < 256; id++)
        {
            bus.Driver().WriteRegister(0x0ac, id);
            Assert.All([0x0b0, 0x0b4, 0x0b8, 0x0bc], offset => Assert.Equal(uint.MaxValue, bus.Driver().ReadRegister(offset)));
        }
    }

    [Fact]
    [Requirement("MMIO-D5")]
    public void Configuration_reads_the_same_bytes_with_every_width_and_zeros_far_beyond_the_end()
    {
        using TestBus bus = device.OnBus();
        byte[] bytes = ReadConfig(bus.Driver(), 1);
        Assert.All([2, 4, 8], width => Assert.Equal(bytes, ReadConfig(bus.Driver(), width)));
        byte[] data = new byte[8];
        for (int offset = 0; offset < ConfigSize - data.Length; offset++)
        {
            bus.Driver().Access(MmioRegisters.Config + offset, data, isWrite: false);
            Assert.Equal(bytes[offset..(offset + data.Length)], data);
        }

        // No device type's configuration is half as long as that.
        Assert.All(bytes.Skip(0x800), value => Assert.Equal(0, value));
    }

    [Fact]
    [Requirement("BASIC-CFG-1")]
    public void Configuration_reads_the_same_before_negotiation_and_while_running()
    {
        using TestBus bus = device.OnBus();
        MmioDriver driver = bus.Driver();
        driver.Status = DeviceStatusBits.Acknowledge | DeviceStatusBits.Driver;
        byte[] before = ReadConfig(driver, 1);
        driver.Start();
        Assert.Equal(before, ReadConfig(driver, 1));
    }

    private static byte[] ReadConfig(MmioDriver driver, int width)
    {
        byte[] all = new byte[ConfigSize];
        for (int offset = 0; offset < ConfigSize; offset += width)
            driver.Access(MmioRegisters.Config + offset, all.AsSpan(offset, width), isWrite: false);
        return all;
    }
}
