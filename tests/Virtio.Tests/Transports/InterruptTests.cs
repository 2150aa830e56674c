using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;
using Virtio.Transports;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Transports;

public sealed class InterruptTests
{
    [Fact]
    [Requirement("MMIO-3")]
    public void An_event_that_comes_while_another_is_acknowledged_is_not_lost()
    {
        using var bus = new TestBus(new ProbeDevice());
        MmioDriver driver = bus.Driver().Start();
        DriverQueue queue = driver.Queue();
        ulong buffer = bus.Allocator.Allocate(1);
        for (int i = 0; i < 20_000; i++)
        {
            queue.Offer(DriverBuffer.Readable(buffer, 1));
            queue.Kick();
            while (!queue.TryCollect(out _))
            {
                // The acknowledgement meets the device's event at every possible moment. The ring shows the chain of each event that
                // it clears.
                long seen = driver.Interrupt.Changes;
                driver.WriteRegister(MmioRegisters.InterruptAcknowledge, 1);
                queue.EnableInterrupts();
                if (queue.TryCollect(out _))
                    break;
                Assert.True(driver.Interrupt.WaitForChange(seen, DriverExtensions.Patience), "an interrupt was lost");
            }
        }
    }

    [Fact]
    [Requirement("MMIO-3")]
    public void The_line_is_asserted_exactly_while_there_are_events_however_threads_meet()
    {
        bool line = false;
        var events = new InterruptStatus(asserted => Volatile.Write(ref line, asserted));
        events.Enable();
        Thread[] raisers = [.. Enumerable.Range(0, 2).Select(bit => BackgroundThread.Start(() =>
        {
            for (int i = 0; i < 500_000; i++)
            {
                events.Raise(1 << bit);
                events.Acknowledge(1u << bit);
            }

            if (bit == 1)
                events.Raise(InterruptStatus.ConfigChange);
        }))];
        Array.ForEach(raisers, thread => thread.Join());
        Assert.Equal((uint)InterruptStatus.ConfigChange, events.Events);
        Assert.True(line);
        events.Acknowledge(uint.MaxValue);
        Assert.False(line);
    }
}
