using Virtio.Testing;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Transports;

/// <summary>Drivers that take their steps in another order than the standard's, and are served: the rows of docs/drivers.md.</summary>
public sealed class DriverSequenceTests
{
    public static TheoryData<string> Names => LooseDriver.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_driver_that_does_not_set_ACKNOWLEDGE_is_served(string name)
    {
        using var driver = LooseDriver.Named(name);
        driver.Write(2).Accept().Write(10).SetUpQueues().Write(14).AssertServed(14);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_driver_that_sets_neither_ACKNOWLEDGE_nor_DRIVER_is_served(string name)
    {
        using var driver = LooseDriver.Named(name);
        driver.Accept().Write(8).SetUpQueues().Write(12).AssertServed(12);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Features_accepted_before_DRIVER_count(string name)
    {
        using var driver = LooseDriver.Named(name);
        driver.Write(1).Accept().Write(3, 11).SetUpQueues().Write(15).AssertServed(15);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_driver_that_never_sets_FEATURES_OK_is_served_with_the_features_it_accepted(string name)
    {
        using var driver = LooseDriver.Named(name);
        driver.Write(1, 3).Accept().SetUpQueues().Write(7).AssertServed(7);

        // Negotiation is over even if the driver did not set FEATURES_OK.
        driver.Accept(0).AssertServed(7);
        driver.Write(15).AssertServed(15);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_driver_that_writes_one_status_bit_at_a_time_is_served_and_reads_them_all(string name)
    {
        using var driver = LooseDriver.Named(name);
        driver.Write(1, 2).Accept().Write(8);
        Assert.Equal(11u, driver.Status);
        driver.SetUpQueues().Write(4).AssertServed(15);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_driver_that_writes_all_status_bits_at_once_is_served(string name)
    {
        using var driver = LooseDriver.Named(name);
        driver.Accept().SetUpQueues().Write(15).AssertServed(15);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_queue_that_was_set_up_before_FEATURES_OK_is_served(string name)
    {
        using var driver = LooseDriver.Named(name);
        driver.Write(1, 3).Accept().SetUpQueues().Write(11, 15).AssertServed(15);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_queue_that_was_set_up_before_anything_else_is_served(string name)
    {
        using var driver = LooseDriver.Named(name);
        driver.SetUpQueues().Write(1, 3).Accept().Write(11, 15).AssertServed(15);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_queue_that_is_ready_before_FEATURES_OK_keeps_its_geometry(string name)
    {
        using var driver = LooseDriver.Named(name);
        driver.Write(1, 3).Accept().SetUpQueues();
        Scribble(driver);
        driver.Write(11);
        Scribble(driver);
        driver.Write(15).AssertServed(15);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_queue_that_is_set_up_after_DRIVER_OK_is_served_and_keeps_its_geometry(string name)
    {
        using var driver = LooseDriver.Named(name);
        driver.Write(1, 3).Accept().Write(11, 15).SetUpQueues().AssertServed(15);
        Scribble(driver);
        driver.AssertServed(15);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_request_that_was_kicked_before_DRIVER_OK_is_served_from_DRIVER_OK_on_and_not_before(string name)
    {
        using var driver = LooseDriver.Named(name);
        driver.Accept().SetUpQueues().OfferAndKick();
        byte[] before = driver.Bus.Snapshot();
        foreach (uint status in new uint[] { 1, 2, 8 })
        {
            driver.Write(status);
            driver.Driver.Notify(driver.QueueIndex);
            Assert.False(driver.Driver.Interrupt.WaitForChange(driver.Driver.Interrupt.Changes, DriverExtensions.Silence));
            Assert.True(before.AsSpan().SequenceEqual(driver.Bus.Snapshot()), $"the device wrote to memory in status {driver.Status}");
        }

        driver.Write(4);
        driver.Queue.Poll();
        driver.AssertServed(15);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_second_queue_begins_while_the_first_is_served_with_what_was_offered_before_it_was_ready(bool split)
    {
        using var driver = new LooseDriver(new ProbeKind(), split, new ProbeDevice { Sizes = [64, 64] });
        driver.Write(1, 3).Accept().Write(11);
        driver.Driver.SetUpQueue(0);
        driver.Write(15).AssertServed(15);

        DriverQueue second = driver.Driver.SetUpQueue(1);
        Select(driver, 1, MmioRegisters.QueueReady, 0);
        Assert.False(driver.Driver.IsQueueReady(1));

        // The queue has served nothing, but it has run: only a reset of the queue makes it new.
        driver.Driver.ResetQueue(1);
        QueueAreas areas = second.Areas;
        second = driver.Driver.SetUpQueue(1);
        Assert.NotEqual(areas, second.Areas);
        Assert.Equal([7], second.Exchange([7], 1));
        driver.AssertServed(15);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_queue_that_is_taken_back_before_DRIVER_OK_may_be_set_up_differently(bool split)
    {
        using var driver = new LooseDriver(new ProbeKind(), split);
        foreach (bool isNegotiated in new[] { false, true })
        {
            driver.Driver.Reset();
            driver.Accept().Write(isNegotiated ? 11u : 3).SetUpQueues();
            Select(driver, 0, MmioRegisters.QueueReady, 0);
            Assert.False(driver.Driver.IsQueueReady(0));
            driver.Driver.SetUpQueue(0, 16);
            driver.Write(15).AssertServed(15);
        }
    }

    /// <summary>
    /// Six steps in each of their 720 orders: a driver is served if it accepted the features before DRIVER_OK, wherever the other steps
    /// are.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void In_every_order_of_the_steps_the_driver_is_served_if_the_features_come_before_DRIVER_OK(bool split)
    {
        using var driver = new LooseDriver(new ProbeKind(), split);
        Action[] steps =
        [
            () => driver.Write(1),
            () => driver.Write(2),
            () => driver.Write(8),
            () => driver.Write(4),
            () => driver.Accept(),
            () => driver.SetUpQueues(),
        ];
        foreach (int[] order in Orders([0, 1, 2, 3, 4, 5]))
        {
            driver.Driver.Reset();
            foreach (int step in order)
                steps[step]();
            string text = string.Join(' ', order);
            bool isServed = Array.IndexOf(order, 4) < Array.IndexOf(order, 3);
            Assert.True(isServed == ((driver.Status & 0x44) == 4), $"order {text}: status 0x{driver.Status:x}");
            driver.OfferAndKick();
            if (isServed)
                driver.Queue.Poll();
            else
                Assert.Equal(0x40u, driver.Status & 0x4c);
        }

        Assert.InRange(driver.Log.Lines, 1, 3);
    }

    private static IEnumerable<int[]> Orders(int[] steps) => steps.Length == 0
        ? [[]]
        : steps.SelectMany(step => Orders([.. steps.Where(other => other != step)]).Select(rest => new[] { step }.Concat(rest).ToArray()));

    /// <summary>Writes invalid values to every register of the queue's geometry.</summary>
    private static void Scribble(LooseDriver driver)
    {
        foreach (int register in new[] { 0x038, 0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4 })
            Select(driver, driver.QueueIndex, register, 3);
        Select(driver, driver.QueueIndex, MmioRegisters.QueueReady, 1);
    }

    private static void Select(LooseDriver driver, uint queue, int register, uint value)
    {
        driver.Driver.WriteRegister(MmioRegisters.QueueSelect, queue);
        driver.Driver.WriteRegister(register, value);
    }
}
