using Virtio.Queues;
using Virtio.Testing;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Metrics;

public sealed class MetricsTests
{
    private const string Tags = " device=0 type=Entropy queue=0";
    private const int Instruments = 8;

    public static TheoryData<bool, bool> Kinds => new() { { true, false }, { true, true }, { false, false }, { false, true } };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_queue_counts_chains_bytes_kicks_interrupts_and_malformed_chains(bool packed, bool inOrder)
    {
        var device = new ManualDevice { RingFeatures = FeaturesOf(packed, inOrder) };
        using var bus = new TestBus(device);
        using var probe = new MetricsProbe(bus.Mmio, instrument => instrument.IsObservable);
        DriverQueue queue = bus.Driver().Start().Queue();
        DriverBuffer[] chain = [DriverBuffer.Readable(bus.Place(new byte[10]), 10), DriverBuffer.Writable(bus.Place(new byte[32]), 32)];

        queue.EnableInterrupts();
        Offer(queue, chain, 3);
        Assert.Equal(3, device.Serve());
        queue.DisableInterrupts();
        Offer(queue, chain, 2);
        Assert.Equal(2, device.Serve());
        queue.Offer(DriverBuffer.Readable(ulong.MaxValue - 5, 4));
        bus.Driver().Notify(0);
        Assert.Equal(0, device.Serve());

        Dictionary<string, long> wanted = new()
        {
            ["virtio.queue.chains" + Tags] = 5,
            ["virtio.queue.bytes" + Tags] = 5 * 42,
            ["virtio.queue.errors" + Tags] = 0,
            ["virtio.queue.malformed" + Tags] = 1,
            ["virtio.queue.kicks" + Tags] = 3,
            ["virtio.queue.interrupts" + Tags] = 1,
            ["virtio.queue.interrupts.suppressed" + Tags] = 2,
        };
        Assert.Equal(wanted, probe.Read());
    }

    [Fact]
    public void Resets_without_end_make_no_further_instrument_and_lose_no_count()
    {
        var device = new ManualDevice();
        using var bus = new TestBus(device);
        using var probe = new MetricsProbe(bus.Mmio);
        for (int i = 0; i < 100; i++)
        {
            DriverQueue queue = bus.Driver().Start().Queue();
            Offer(queue, [DriverBuffer.Writable(bus.Allocator.Allocate(8), 8)], 1);
            device.Serve();
            bus.Driver().Reset();
        }

        Assert.Equal(Instruments, probe.Published);
        Assert.Equal(100, probe.Read()["virtio.queue.chains" + Tags]);
    }

    [Fact]
    public void Nothing_is_left_of_a_bus_that_was_disposed()
    {
        var bus = new TestBus(new ManualDevice());
        using var probe = new MetricsProbe(bus.Mmio);
        Assert.NotEmpty(probe.Read());

        bus.Dispose();

        Assert.Equal(Instruments, probe.Completed);
        Assert.Empty(probe.Read());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Durations_are_measured_while_somebody_listens(bool packed, bool inOrder)
    {
        var device = new ManualDevice { RingFeatures = FeaturesOf(packed, inOrder) };
        using var bus = new TestBus(device);
        DriverQueue queue = bus.Driver().Start().Queue();
        DriverBuffer[] chain = [DriverBuffer.Writable(bus.Place(new byte[8]), 8)];
        using (var probe = new MetricsProbe(bus.Mmio))
        {
            // The queue looks for a listener at the end of a batch, so the first batch is not measured.
            Offer(queue, chain, 2);
            device.Serve();
            Assert.Empty(probe.Durations);
            Offer(queue, chain, 3);
            device.Serve();
            Assert.Equal(3, probe.Durations.Count);
            Assert.All(probe.Durations, seconds => Assert.InRange(seconds, 0, 60));
            Assert.Equal("device=0 type=Entropy", probe.Tags);
        }

        Offer(queue, chain, 1);
        device.Serve();
        Offer(queue, chain, 1);
        Assert.True(device.Queue!.TryDequeue(out DescriptorChain taken));
        using var late = new MetricsProbe(bus.Mmio);
        Offer(queue, chain, 1);
        Assert.Equal(1, device.Serve());
        taken.Complete();
        device.Queue.Publish();
        Assert.Empty(late.Durations);
    }

    [Fact]
    public void Where_a_hypervisor_takes_the_kicks_the_worker_counts_how_often_it_was_woken()
    {
        using var signal = new OwnSignal();
        using var bus = new TestBus(new TestBusOptions { Bus = new MmioBusOptions { CreateSignal = (_, _) => signal } }, new ProbeDevice());
        using var probe = new MetricsProbe(bus.Mmio);
        DriverQueue queue = bus.Driver().Start().Queue();
        SpinWait.SpinUntil(() => signal.Waits > 0, TimeSpan.FromSeconds(10));
        queue.Offer(DriverBuffer.Writable(bus.Place(new byte[8]), 8));

        signal.Set();
        queue.Collect();

        Assert.InRange(probe.Read().Single(count => count.Key.StartsWith("virtio.queue.kicks", StringComparison.Ordinal)).Value, 1, 3);
    }

    private static void Offer(DriverQueue queue, DriverBuffer[] chain, int count)
    {
        while (queue.TryCollect(out _))
        {
        }

        for (int i = 0; i < count; i++)
            queue.Offer(chain);
        queue.Driver.Notify((uint)queue.Index);
    }

    private static VirtioFeatures FeaturesOf(bool packed, bool inOrder) =>
        (VirtioFeatures.RingDefault & ~VirtioFeatures.RingPacked) | (packed ? VirtioFeatures.RingPacked : 0)
            | (inOrder ? VirtioFeatures.InOrder : 0);

    /// <summary>A signal type that is not the library's own.</summary>
    private sealed class OwnSignal : QueueSignal
    {
        private readonly SemaphoreSlim _set = new(0);
        private int _waits;

        internal int Waits => Volatile.Read(ref _waits);

        public override void Set() => _set.Release();

        public override void Wait()
        {
            Interlocked.Increment(ref _waits);
            _set.Wait();
        }
    }
}
