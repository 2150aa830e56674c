using System.Diagnostics;
using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Queues;

/// <summary>
/// The two places where a side writes its own word and then reads the other's (virtio 1.4, 2.7.7, 2.7.10 and 2.8.9). Without a full fence
/// between the two, each side can miss the other's write, and neither notifies the other. Only two processors that run at the same moment
/// can show that.
/// </summary>
[Collection(Alone.Name)]
public sealed class FenceTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1);

    public static TheoryData<string> Rings =>
        [
            .. RingKind.All.Where(features => (features & ~(VirtioFeatures.RingPacked | VirtioFeatures.EventIndex)) == 0)
                .Select(RingKind.NameOf),
        ];

    [Theory]
    [MemberData(nameof(Rings))]
    public void A_kick_is_not_lost_between_the_wish_for_it_and_the_last_look(string ring)
    {
        var device = new SpinningDevice { RingFeatures = RingKind.Named(ring) };
        using var bus = new TestBus(device);
        DriverQueue queue = bus.Driver().Start().Queue();
        ulong buffer = bus.Allocator.Allocate(1);
        Repeat(pause =>
        {
            queue.Offer(DriverBuffer.Readable(buffer, 1));
            Thread.SpinWait(pause);
            if (queue.Kick())
                device.Kick();
            AwaitUsed(queue, "a kick was lost");
        });
    }

    [Theory]
    [MemberData(nameof(Rings))]
    public void An_interrupt_is_not_lost_between_the_wish_for_it_and_the_last_look(string ring)
    {
        var device = new SpinningDevice { RingFeatures = RingKind.Named(ring) };
        using var bus = new TestBus(device);
        DriverQueue queue = bus.Driver().Start().Queue();
        ulong buffer = bus.Allocator.Allocate(1);
        Repeat(pause =>
        {
            queue.DisableInterrupts();
            queue.Offer(DriverBuffer.Readable(buffer, 1));
            if (queue.Kick())
                device.Kick();
            Thread.SpinWait(pause);
            long seen = bus.Driver().Interrupt.Raised;
            queue.EnableInterrupts();
            if (queue.TryCollect(out _))
                return;
            long start = Stopwatch.GetTimestamp();
            while (bus.Driver().Interrupt.Raised == seen)
                Assert.True(Stopwatch.GetElapsedTime(start) < DriverExtensions.Patience, "an interrupt was lost");
            AwaitUsed(queue, "an interrupt came before its used descriptor");
        });
    }

    private static void Repeat(Action<int> round)
    {
        var random = new Random(14);
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Duration)
        {
            for (int i = 0; i < 1000; i++)
                round(random.Next(30));
        }
    }

    private static void AwaitUsed(DriverQueue queue, string otherwise)
    {
        long start = Stopwatch.GetTimestamp();
        while (!queue.TryCollect(out _))
            Assert.True(Stopwatch.GetElapsedTime(start) < DriverExtensions.Patience, otherwise);
    }
}
