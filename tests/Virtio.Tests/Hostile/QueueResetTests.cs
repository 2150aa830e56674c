using System.Collections.Concurrent;
using System.Diagnostics;
using Virtio.Queues;
using Virtio.Testing;
using Virtio.Testing.Conformance;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Hostile;

/// <summary>
/// Resets and set-ups of single queues while other processors do the same, or kick, or while the host suspends the queues.
/// </summary>
[Collection(Alone.Name)]
public sealed class QueueResetTests
{
    private const VirtioFeatures Offered = VirtioFeatures.RingDefault | VirtioFeatures.InOrder | VirtioFeatures.NotificationData;

    /// <summary>Classes 14 and 15: resets of one queue and of the device at the same time.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Resets_of_a_queue_by_several_processors_while_another_resets_the_device_are_survived(bool split)
    {
        using Victim victim = Probe(split);
        MmioDriver driver = victim.Driver;
        QueueAreas areas = victim.Queue.Areas;
        void ResetQueue()
        {
            driver.WriteRegister(MmioRegisters.QueueSelect, 0);
            driver.WriteRegister(MmioRegisters.QueueReset, 1);
            driver.Notify(0);
        }

        using (var first = new BackgroundLoop(ResetQueue))
        using (var second = new BackgroundLoop(ResetQueue))
        using (var third = new BackgroundLoop(() => driver.EnableQueue(0, areas)))
        {
            for (int i = 0; i < 1000; i++)
            {
                driver.Negotiate(victim.Features);
                driver.EnableQueue(0, areas);
                driver.Status = DeviceStatusBits.Running;
                driver.Notify(0);
            }

            first.Stop();
            second.Stop();
            third.Stop();
        }

        victim.Restart();
        victim.AssertSurvived();
    }

    /// <summary>Class 11: another geometry each time, on memory that was another ring's a moment ago.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_queue_that_is_set_up_anew_while_kicks_come_in_serves_its_new_ring(bool split)
    {
        using Victim victim = Probe(split);
        using (var kicks = new BackgroundLoop(() => victim.Driver.Notify(0)))
        {
            for (int i = 0; i < 500; i++)
            {
                victim.Queue.Offer(victim.Kind.Request(victim.Bus));
                victim.Driver.ResetQueue(0);
                Assert.Equal(DeviceStatusBits.Running, victim.Driver.Status);
                victim.Driver.SetUpQueue(0, split ? 2 << (i % 6) : 2 + (i % 63));
                victim.Kind.AssertWorks(victim.Driver);
            }

            kicks.Stop();
        }

        victim.AssertSurvived();
    }

    /// <summary>The host suspends and resumes while the driver resets the queue, or the device.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Suspension_while_the_driver_resets_is_survived(bool split)
    {
        using Victim victim = Probe(split);
        MmioBus bus = victim.Bus.Mmio;
        using (var host = new BackgroundLoop(() =>
        {
            if (bus.SuspendQueue(0, 0, TimeSpan.FromMilliseconds(1)) is { } state)
                bus.ResumeQueue(0, 0, state);
        }))
        {
            for (int i = 0; i < 500; i++)
            {
                victim.Queue.Offer(victim.Kind.Request(victim.Bus));
                victim.Driver.Notify(0);
                if (i % 3 == 0)
                    victim.Restart();
                victim.Driver.ResetQueue(0);
                victim.Driver.SetUpQueue(0);
                victim.Kind.AssertWorks(victim.Driver);
            }

            host.Stop();
        }

        victim.AssertSurvived();
    }

    /// <summary>The state of a suspended queue must not be resumed into the queue that runs now.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_state_from_before_a_reset_resumes_nothing(bool split)
    {
        using Victim victim = Probe(split);
        QueueState state = Assert.NotNull(victim.Bus.Mmio.SuspendQueue(0, 0, DriverExtensions.Patience));
        victim.Driver.Reset();
        Assert.False(victim.Bus.Mmio.ResumeQueue(0, 0, state));
        victim.Prepare();
        Assert.False(victim.Bus.Mmio.ResumeQueue(0, 0, state));
        victim.Driver.SetDriverOk();
        Assert.False(victim.Bus.Mmio.ResumeQueue(0, 0, state));
        state = Assert.NotNull(victim.Bus.Mmio.SuspendQueue(0, 0, DriverExtensions.Patience));
        victim.Driver.ResetQueue(0);
        Assert.False(victim.Bus.Mmio.ResumeQueue(0, 0, state));
        victim.Driver.SetUpQueue(0);
        victim.Kind.AssertWorks(victim.Driver);
        victim.AssertSurvived();
    }

    /// <summary>A guest must not be able to make its host wait: a broken ring never completes anything.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_queue_that_is_broken_is_not_waited_for(bool split)
    {
        using Victim victim = Probe(split);
        victim.Driver.BreakRing();
        long start = Stopwatch.GetTimestamp();
        Assert.Null(victim.Bus.Mmio.SuspendQueue(0, 0, TimeSpan.FromSeconds(30)));
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 5);
        victim.AssertSurvived();
    }

    /// <summary>The same, for a device that fails while the host waits.</summary>
    [Fact]
    public async Task A_device_that_fails_ends_the_wait_for_its_queue()
    {
        using var kept = new BlockingCollection<DescriptorChain>();
        var device = new ProbeDevice(ProbeDevice.Keep(kept));
        using var bus = new TestBus(device);
        bus.Driver().Start().Queue().Offer(DriverBuffer.Writable(bus.Allocator.Allocate(8), 8));
        bus.Driver().Queue().Kick();
        DescriptorChain chain = kept.Take();
        long start = Stopwatch.GetTimestamp();
        Task<QueueState?> suspension = Task.Run(() => bus.Mmio.SuspendQueue(0, 0, TimeSpan.FromSeconds(30)));
        Thread.Sleep(DriverExtensions.Silence);
        device.Activation!.Fail("a test's");
        QueueState? state = await suspension;
        chain.Complete(0);
        Assert.Null(state);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 10);
    }

    /// <summary>Class 12, with NOTIFICATION_DATA: the driver can write anything to the upper half of the register.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Notification_data_of_any_value_is_survived(bool split)
    {
        using Victim victim = Probe(split);
        Assert.NotEqual(0u, victim.Driver.Features & (ulong)VirtioFeatures.NotificationData);
        foreach (uint low in new uint[] { 0, 1, 2, 0x7fff, 0x8000, 0xffff })
        {
            foreach (uint high in new uint[] { 0, 1, 0x7fff, 0x8000, 0xffff })
                victim.Driver.Notify(low | (high << 16));
        }

        for (int i = 0; i < 100_000; i++)
            victim.Driver.Notify(unchecked((uint)i * 0x9e37_79b9));
        Assert.Equal(DeviceStatusBits.Running, victim.Driver.Status);
        victim.Queue.Offer(victim.Kind.Request(victim.Bus));
        victim.Driver.Notify(0xffff_0000);
        victim.Queue.Collect();
        victim.AssertSurvived();
    }

    /// <summary>Class 16, with IN_ORDER: a rejected chain keeps its place among the others.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rejected_chains_are_given_back_in_their_order(bool split)
    {
        using var kept = new BlockingCollection<DescriptorChain>();
        using Victim victim = Probe(split, new ProbeDevice(ProbeDevice.Keep(kept)) { RingFeatures = Offered });
        ulong room = victim.Bus.Allocator.Allocate(8);
        int size = victim.Queue.Size;
        for (int round = 0; round < 100; round++)
        {
            var offered = new List<(ushort Id, uint Length)>();
            for (int i = 0; i < size; i++)
            {
                bool isGood = i == 0 || (i + round) % 5 == 0;
                offered.Add((victim.Queue.Offer(DriverBuffer.Writable(isGood ? room : Victim.RamEnd - 4, 8)), isGood ? 8u : 0));
            }

            victim.Queue.Kick();
            DescriptorChain[] chains = [.. offered.Where(chain => chain.Length > 0).Select(_ => kept.Take())];

            // The oldest chain last: until then the device must not use any.
            foreach (DescriptorChain chain in chains.Reverse())
            {
                Assert.False(victim.Queue.TryCollect(out _));
                chain.Complete(8);
            }

            Assert.Equal(offered, offered.Select(_ => victim.Queue.Collect()).Select(used => (used.Id, used.Length)));
        }
    }

    private static Victim Probe(bool split, ProbeDevice? device = null) =>
        new(new ProbeKind(), device ?? new ProbeDevice { RingFeatures = Offered }, split);
}
