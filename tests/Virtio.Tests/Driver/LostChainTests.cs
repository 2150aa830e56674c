using System.Collections.Concurrent;
using Virtio.Devices;
using Virtio.Queues;
using Virtio.Testing;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Driver;

/// <summary>A device that never completes a chain hangs neither a reset nor the end of a test.</summary>
public sealed class LostChainTests : IDisposable
{
    private const int StopIsSlow = 901;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly BlockingCollection<DescriptorChain> _kept = [];
    private readonly List<DescriptorChain> _taken = [];
    private readonly EntryLogger _log = new();

    // Completes the chains, so that the workers end and later tests count only their own.
    public void Dispose()
    {
        foreach (DescriptorChain chain in _taken.Concat(_kept).Where(chain => chain.Progress == ChainProgress.Taken))
            chain.Complete();
        _kept.Dispose();
    }

    [Theory]
    [MemberData(nameof(RingKind.LayoutNames), MemberType = typeof(RingKind))]
    public async Task Disposing_the_bus_ends_with_an_exception_that_names_the_queue_and_the_chains(string ring)
    {
        var other = new ProbeDevice { OnDispose = () => throw new IOException("the other device was disposed") };
        var device = new ProbeDevice(ProbeDevice.Keep(_kept)) { Sizes = [16, 16], RingFeatures = RingKind.Named(ring) };
        TestBus bus = Bus(TimeSpan.FromMilliseconds(100), device, other);
        DriverQueue queue = bus.Driver().Start().Queue(1);
        ushort[] lost = [Offer(queue), Offer(queue)];
        queue.Kick();
        Take(2);

        var failure = await Assert.ThrowsAsync<DeviceFailureException>(async () => await bus.DisposeAsync());

        Assert.Contains("queue 1 (virtio-probe) did not stop within 0.1 s", failure.Message, StringComparison.Ordinal);
        Assert.Contains("2 of its chains", failure.Message, StringComparison.Ordinal);
        Assert.Contains("the other device was disposed", failure.Message, StringComparison.Ordinal);
        QueueStopException stop = Assert.Single(((AggregateException)failure.InnerException!).InnerExceptions.OfType<QueueStopException>());
        Assert.Equal(lost.Order().Select(id => (int)id), stop.Chains.Order());
    }

    [Fact]
    public void Disposing_the_bus_without_await_ends_too()
    {
        TestBus bus = WithLostChain(TimeSpan.FromMilliseconds(50));
        Assert.IsType<QueueStopException>(Assert.Throws<DeviceFailureException>(bus.Dispose).InnerException);
        bus.Dispose();
    }

    [Fact]
    public async Task The_exception_of_the_disposal_contains_the_tests_own()
    {
        var failure = await Assert.ThrowsAsync<DeviceFailureException>(async () =>
        {
            await using TestBus bus = WithLostChain(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
            throw new FormatException("what the test itself found");
        });
        Assert.Contains("FormatException: what the test itself found", failure.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(The_exception_of_the_disposal_contains_the_tests_own), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_that_is_completed_after_all_finds_its_memory_where_it_was()
    {
        TestBus bus = WithLostChain(TimeSpan.FromMilliseconds(50));
        DescriptorChain chain = Take(1)[0];
        Assert.Throws<DeviceFailureException>(bus.Dispose);
        Assert.True(chain.Writer.TryWrite([1, 2, 3, 4, 5, 6, 7, 8]));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], chain.Piece(0).ToArray());
        chain.Complete();
    }

    [Fact]
    public async Task A_slow_stop_says_once_which_chain_it_waits_for_and_ends_when_that_is_completed()
    {
        TestBus bus = WithLostChain(Timeout.InfiniteTimeSpan);
        DescriptorChain chain = Take(1)[0];
        Task disposal = Task.Run(bus.Dispose, TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => _log.Of(StopIsSlow).Length > 0, Patience));
        chain.Complete();
        await disposal.WaitAsync(Patience, TestContext.Current.CancellationToken);
        (string text, _) = Assert.Single(_log.Of(StopIsSlow));
        Assert.Contains("queue 0 (virtio-probe)", text, StringComparison.Ordinal);
        Assert.Contains($"must still complete 1 chains ({chain.Id})", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_driver_that_resets_the_device_finds_that_the_reset_does_not_end_and_the_device_stays_dead()
    {
        TestBus bus = WithLostChain(TimeSpan.FromMilliseconds(50), timeout: TimeSpan.FromMilliseconds(200));
        MmioDriver driver = bus.Driver();
        Assert.IsType<QueueStopException>(Assert.Throws<TimeoutException>(driver.Reset).InnerException);
        Assert.Equal(DeviceStatusBits.NeedsReset, driver.Status);
        driver.Status = DeviceStatusBits.Acknowledge | DeviceStatusBits.Driver;
        Assert.Equal(DeviceStatusBits.NeedsReset, driver.Status);
        Assert.Throws<DeviceFailureException>(bus.Dispose);
    }

    [Fact]
    public void A_handler_that_does_not_return_is_reported_like_a_chain_that_is_kept()
    {
        bool isReleased = false;
        TestBus bus = Bus(TimeSpan.FromMilliseconds(50), new ProbeDevice(chain =>
        {
            _kept.Add(chain);
            SpinWait.SpinUntil(() => Volatile.Read(ref isReleased), Patience);
            chain.Complete();
        }));
        DriverQueue queue = bus.Driver().Start().Queue();
        ushort id = Offer(queue);
        queue.Kick();
        Take(1);
        var failure = Assert.Throws<DeviceFailureException>(bus.Dispose);
        _taken.Clear();
        Volatile.Write(ref isReleased, true);
        Assert.Equal([(int)id], Assert.IsType<QueueStopException>(failure.InnerException).Chains);
    }

    [Fact]
    public async Task The_stop_of_a_host_driven_queue_waits_for_a_chain_that_its_pump_keeps()
    {
        QueueWorker worker = null!;
        await using var bus = new TestBus(new ProbeDevice
        {
            Starting = (index, queue, activation) => worker = QueueWorker.StartHostDriven("host", queue, activation, pumped =>
            {
                if (pumped.TryDequeue(out DescriptorChain chain))
                    _kept.Add(chain, CancellationToken.None);
                return true;
            }),
        });
        Offer(bus.Driver().Start().Queue());
        bus.Driver().Queue().Kick();
        worker.Wake();
        DescriptorChain chain = Take(1)[0];
        Task stop = Task.Run(worker.Stop, TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() =>
            bus.Driver().Device is ProbeDevice { Queue.Stopping.IsCancellationRequested: true }, Patience));
        chain.Writer.TryWrite([1]);
        chain.Complete();
        await stop.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_worker_that_stops_itself_is_told_so()
    {
        ProbeDevice device = null!;
        device = new ProbeDevice(_ => device.StopQueue(0));
        using TestBus bus = Bus(Patience, device);
        var failure = Assert.Throws<DeviceFailureException>(() => bus.Driver().Start().Queue().Exchange("x"u8, 0));
        Assert.Contains("cannot stop itself", failure.InnerException!.Message, StringComparison.Ordinal);
    }

    private static ushort Offer(DriverQueue queue) => queue.Offer(DriverBuffer.Writable(queue.Driver.Bus.Allocator.Allocate(8), 8));

    private TestBus Bus(TimeSpan limit, params IVirtioDevice[] devices) =>
        new(new TestBusOptions { StopLimit = limit, Bus = new MmioBusOptions { Logger = _log } }, devices);

    private TestBus WithLostChain(TimeSpan limit, TimeSpan? timeout = null)
    {
        var options = new TestBusOptions { StopLimit = limit, Timeout = timeout ?? Patience, Bus = new MmioBusOptions { Logger = _log } };
        var bus = new TestBus(options, new ProbeDevice(ProbeDevice.Keep(_kept)));
        Offer(bus.Driver().Start().Queue());
        bus.Driver().Queue().Kick();
        Assert.True(SpinWait.SpinUntil(() => _kept.Count > 0, Patience));
        return bus;
    }

    private DescriptorChain[] Take(int count)
    {
        var chains = new DescriptorChain[count];
        for (int i = 0; i < count; i++)
            Assert.True(_kept.TryTake(out chains[i]!, Patience));
        _taken.AddRange(chains);
        return chains;
    }
}
