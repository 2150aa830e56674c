using Virtio.Devices.Console;
using Virtio.Memory;
using Virtio.Queues;
using Virtio.Testing;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Transports;

public sealed class QueueSignalTests
{
    [Fact]
    public void Each_queue_has_a_signal_of_its_own_made_with_the_bus()
    {
        var made = new List<(int Device, int Queue)>();
        using var bus = new TestBus(
            OptionsWith((device, queue) =>
            {
                made.Add((device, queue));
                return new CountingSignal();
            }),
            new ProbeDevice(),
            new ConsoleDevice(new ConsoleDeviceOptions()));

        Assert.Equal([(0, 0), (1, 0), (1, 1), (1, 2), (1, 3)], made);
    }

    [Fact]
    public void The_queue_that_a_reset_makes_anew_is_woken_by_the_same_signal()
    {
        var signals = new List<CountingSignal>();
        using var bus = new TestBus(OptionsWith(signals), new ProbeDevice());
        var kind = new ProbeKind();
        for (int i = 0; i < 20; i++)
        {
            int before = signals[0].Sets;
            kind.AssertWorks(bus.Driver().Start());
            Assert.True(signals[0].Sets > before);
        }

        Assert.Single(signals);
    }

    [Fact]
    public void A_signal_left_set_by_the_queue_before_does_no_harm()
    {
        var signals = new List<CountingSignal>();
        using var bus = new TestBus(OptionsWith(signals), new ProbeDevice());
        var kind = new ProbeKind();
        kind.AssertWorks(bus.Driver().Start());
        bus.Driver().Reset();
        for (int i = 0; i < 100; i++)
            signals[0].Set();

        kind.AssertWorks(bus.Driver().Start());

        Assert.False(bus.Driver().Status.HasFlag(DeviceStatusBits.NeedsReset));
    }

    [Fact]
    public async Task The_bus_disposes_its_signals_after_the_workers_have_ended()
    {
        var order = new List<string>();
        var signals = new List<CountingSignal>();
        var device = new ProbeDevice { OnStop = () => order.Add("stopped"), OnDispose = () => Note(order, "device") };
        var bus = new TestBus(
            OptionsWith((_, _) =>
            {
                signals.Add(new CountingSignal(() => order.Add("signal")));
                return signals[^1];
            }),
            device);
        new ProbeKind().AssertWorks(bus.Driver().Start());

        await bus.DisposeAsync();

        Assert.Equal(["stopped", "device", "signal"], order);
        Assert.Equal(1, signals[0].Disposals);
    }

    [Fact]
    public async Task A_bus_that_cannot_be_made_disposes_the_signals_it_has_made()
    {
        using var memory = GuestMemory.Allocate((0UL, 4096UL));
        var signals = new List<CountingSignal>();
        var options = new MmioBusOptions
        {
            CreateSignal = (_, queue) =>
            {
                if (queue == 2)
                    throw new IOException("no more");
                signals.Add(new CountingSignal());
                return signals[^1];
            },
        };
        await using var device = new ProbeDevice { Sizes = [8, 8, 8] };

        Assert.Throws<IOException>(() => new MmioBus(options, memory, [device], (_, _) => { }));
        Assert.Equal([1, 1], signals.Select(signal => signal.Disposals));
    }

    private static ValueTask Note(List<string> order, string what)
    {
        order.Add(what);
        return ValueTask.CompletedTask;
    }

    private static TestBusOptions OptionsWith(List<CountingSignal> signals) => OptionsWith((_, _) =>
    {
        signals.Add(new CountingSignal());
        return signals[^1];
    });

    private static TestBusOptions OptionsWith(Func<int, int, QueueSignal> create) =>
        new() { Bus = new MmioBusOptions { CreateSignal = create } };
}
