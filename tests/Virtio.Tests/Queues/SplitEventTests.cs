using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Queues;

/// <summary>Which word of the split ring decides about interrupts, and at which exact position (virtio 1.4, 2.7.7).</summary>
public sealed class SplitEventTests : IDisposable
{
    private const int Batch = 8;

    private readonly ManualResetEventSlim _entered = new();
    private readonly ManualResetEventSlim _gate = new(initialState: true);
    private readonly ulong _buffer;
    private readonly TestBus _bus;

    public SplitEventTests()
    {
        _bus = new TestBus(new ProbeDevice(chain =>
        {
            _entered.Set();
            _gate.Wait();
            chain.Complete(0);
        })
        { RingFeatures = VirtioFeatures.EventIndex });
        _buffer = _bus.Allocator.Allocate(1);
    }

    public void Dispose()
    {
        _bus.Dispose();
        _entered.Dispose();
        _gate.Dispose();
    }

    [Fact]
    [Requirement("SPLIT-UNOTIFY-1")]
    public void Without_event_indexes_the_flags_alone_decide()
    {
        MmioDriver driver = _bus.Driver().Start((ulong)VirtioFeatures.Version1);
        SplitDriverQueue queue = driver.Split();
        var random = new Random(18);
        int wanted = 0;
        for (int i = 0; i < 2000; i++)
        {
            queue.AvailableFlags = (ushort)(i % 3 == 0 ? 1 : 0);
            queue.UsedEvent = (ushort)(random.Next(2) == 0 ? queue.NextUsed + random.Next(-2, 3) : random.Next(65536));
            wanted += i % 3 == 0 ? 0 : 1;
            queue.Offer(DriverBuffer.Readable(_buffer, 1));
            queue.Kick();
            queue.Poll();

            // The worker asks for kicks only after it has decided about interrupts.
            Assert.True(SpinWait.SpinUntil(() => queue.UsedFlags == 0, DriverExtensions.Patience));
            Assert.Equal(wanted, driver.Interrupt.Raised);
        }
    }

    [Fact]
    [Requirement("SPLIT-UNOTIFY-4")]
    public void With_event_indexes_the_flags_say_nothing()
    {
        MmioDriver driver = _bus.Driver().Start();
        SplitDriverQueue queue = driver.Split();
        for (ushort i = 0; i < 1000; i++)
        {
            queue.AvailableFlags = (ushort)(i % 2);
            queue.UsedEvent = i;
            queue.Offer(DriverBuffer.Readable(_buffer, 1));
            queue.Kick();
            Assert.True(
                SpinWait.SpinUntil(() => driver.Interrupt.Raised == i + 1, DriverExtensions.Patience),
                $"no interrupt for request {i}");
            queue.Poll();
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0x7fff)]
    [InlineData(0xffff)]
    [Requirement("SPLIT-UNOTIFY-5", "SPLIT-UNOTIFY-6")]
    public void A_batch_is_notified_when_it_steps_over_the_wanted_index_and_only_then(int start)
    {
        MmioDriver driver = _bus.Driver().Start();
        SplitDriverQueue queue = driver.Split();
        Skip(queue, (ushort)(start - Batch));
        for (int wanted = -2; wanted < Batch + 2; wanted++)
        {
            long before = driver.Interrupt.Raised;
            queue.UsedEvent = unchecked((ushort)(queue.NextUsed + wanted));
            UseBatch(queue);

            AwaitIdle(queue);
            Assert.Equal(before + (wanted is >= 0 and < Batch ? 1 : 0), driver.Interrupt.Raised);
        }
    }

    /// <summary>
    /// Waits until the device asks for its next kick. It asks after everything else, including its decision about an interrupt.
    /// </summary>
    private static void AwaitIdle(SplitDriverQueue queue) =>
        Assert.True(SpinWait.SpinUntil(() => queue.AvailableEvent == queue.NextAvailable, DriverExtensions.Patience));

    /// <summary>Offers a batch of chains of which none is used before all are offered.</summary>
    private void UseBatch(SplitDriverQueue queue)
    {
        _gate.Reset();
        _entered.Reset();
        for (int i = 0; i < Batch; i++)
            queue.Offer(DriverBuffer.Readable(_buffer, 1));
        queue.Kick();
        Assert.True(_entered.Wait(DriverExtensions.Patience));
        _gate.Set();
        for (int i = 0; i < Batch; i++)
            queue.Poll();
    }

    private void Skip(SplitDriverQueue queue, ushort next)
    {
        while (queue.NextUsed != next)
        {
            queue.DisableInterrupts();
            while (queue.NextAvailable != next && queue.TryOffer([DriverBuffer.Readable(_buffer, 1)], out _))
                continue;
            queue.Kick();
            queue.Poll();
        }

        AwaitIdle(queue);
    }
}
