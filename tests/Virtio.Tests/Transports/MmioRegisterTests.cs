using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Transports;

public sealed class MmioRegisterTests
{
    public static TheoryData<string> Names => DeviceKind.Names;

    [Theory]
    [MemberData(nameof(Names))]
    [Requirement("MMIO-1", "MMIO-2", "MMIO-4")]
    public void Identity_reads_the_same_and_events_stay_within_their_two_bits_in_every_state(string name)
    {
        DeviceKind kind = DeviceKind.Named(name);
        using var bus = new TestBus(kind.Create());
        MmioDriver driver = bus.Driver();
        foreach (DeviceStatusBits status in DriverExtensions.States)
        {
            driver.BringTo(status, kind.Queue);
            Assert.Equal(0x74726976u, driver.ReadRegister(0x000));
            Assert.Equal(2u, driver.ReadRegister(0x004));
            Assert.Equal((uint)bus.Mmio.Devices[0].Device.Id, driver.ReadRegister(0x008));
            Assert.Equal(0u, driver.ReadRegister(0x060) & ~3u);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Requirement("MMIO-8")]
    public void A_queue_that_is_not_ready_is_not_touched(string name)
    {
        DeviceKind kind = DeviceKind.Named(name);
        using var bus = new TestBus(new TestBusOptions { MemorySize = 1 << 20 }, kind.Create());
        MmioDriver driver = bus.Driver();
        driver.Prepare();
        driver.Queue(kind.Queue).Offer(kind.Request(bus));
        for (uint queue = 0; queue < driver.QueueCount; queue++)
        {
            driver.WriteRegister(MmioRegisters.QueueSelect, queue);
            driver.WriteRegister(MmioRegisters.QueueReady, 0);
        }

        byte[] before = bus.Snapshot();
        driver.SetDriverOk();
        driver.Notify((uint)kind.Queue);
        Assert.False(driver.Interrupt.WaitForChange(0, DriverExtensions.Silence));
        driver.Reset();
        Assert.True(before.AsSpan().SequenceEqual(bus.Snapshot()), "the device wrote to a queue that is not ready");
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Requirement("MMIO-8")]
    public void A_queue_that_is_no_longer_ready_is_not_touched(string name)
    {
        DeviceKind kind = DeviceKind.Named(name);
        using var bus = new TestBus(new TestBusOptions { MemorySize = 1 << 20 }, kind.Create());
        MmioDriver driver = bus.Driver().Start();
        kind.AssertWorks(driver);
        driver.WriteRegister(MmioRegisters.QueueSelect, (uint)kind.Queue);
        driver.WriteRegister(MmioRegisters.QueueReady, 0);
        driver.Acknowledge(driver.PendingInterrupts);
        long raised = driver.Interrupt.Changes;
        driver.Queue(kind.Queue).Offer(kind.Request(bus));
        byte[] before = bus.Snapshot();
        driver.Notify((uint)kind.Queue);
        Assert.False(driver.Interrupt.WaitForChange(raised, DriverExtensions.Silence));
        Assert.True(before.AsSpan().SequenceEqual(bus.Snapshot()), "the device wrote to a queue that is not ready");
        kind.AssertWorks(driver.Start());
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Requirement("MMIO-D1")]
    public void A_queue_that_does_not_exist_has_size_0_and_cannot_be_set_up(string name)
    {
        using var bus = new TestBus(DeviceKind.Named(name).Create());
        MmioDriver driver = bus.Driver();
        driver.Prepare();
        QueueAreas areas = driver.Queue().Areas;
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
    public void Feature_windows_beyond_the_offered_words_are_empty(uint window) =>
        Assert.All(DeviceKind.Every, kind =>
        {
            using var bus = new TestBus(kind.Create());
            Assert.Equal(0u, bus.Driver().FeatureWindow(window));
        });

    [Theory]
    [MemberData(nameof(Names))]
    [Requirement("MMIO-D3")]
    public void QueueReady_reads_back_what_was_written(string name)
    {
        using var bus = new TestBus(DeviceKind.Named(name).Create());
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

    [Theory]
    [MemberData(nameof(Names))]
    [Requirement("MMIO-D4", "BASIC-SHM-1", "BASIC-SHM-2")]
    public void No_shared_memory_region_exists(string name)
    {
        using var bus = new TestBus(DeviceKind.Named(name).Create());
        for (uint id = 0; id < 256; id++)
        {
            bus.Driver().WriteRegister(0x0ac, id);
            Assert.All([0x0b0, 0x0b4, 0x0b8, 0x0bc], offset => Assert.Equal(uint.MaxValue, bus.Driver().ReadRegister(offset)));
        }
    }

    [Theory]
    [InlineData(0xcfff_ffff)]
    [InlineData(0xd000_1000)]
    [InlineData(0)]
    [InlineData(ulong.MaxValue)]
    public void Beside_the_devices_there_is_nothing(ulong address)
    {
        using var bus = new TestBus(new ProbeDevice());
        byte[] data = [1, 2, 3, 4];
        Assert.False(bus.Mmio.HandleMmio(address, data, isWrite: true));
        Assert.False(bus.Mmio.HandleMmio(address, data, isWrite: false));
        Assert.Equal(new byte[4], data);
    }

    [Fact]
    public void Devices_lie_side_by_side_with_an_interrupt_each()
    {
        using var bus = new TestBus(new ProbeDevice(), new ProbeDevice(), new ProbeDevice());
        Assert.Equal([0xd000_0000, 0xd000_1000, 0xd000_2000], bus.Mmio.Devices.Select(device => device.Address));
        Assert.Equal([5, 6, 7], bus.Mmio.Devices.Select(device => device.Interrupt));
        foreach (MmioDriver driver in bus.Drivers)
            new ProbeKind().AssertWorks(driver.Start());
        Assert.All(bus.Drivers, driver => Assert.Equal(1, driver.Interrupt.Raised));
    }
}
