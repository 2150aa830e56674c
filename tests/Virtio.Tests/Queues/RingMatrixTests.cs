using Virtio.Queues;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Queues;

/// <summary>What must hold for each layout and each combination of features.</summary>
public sealed class RingMatrixTests
{
    public static TheoryData<string, ushort> Rings
    {
        get
        {
            var rings = new TheoryData<string, ushort>();
            foreach (VirtioFeatures features in RingKind.All)
            {
                foreach (ushort size in new ushort[] { 1, 2, 3, 7, 128, 32768 })
                {
                    if (features.HasFlag(VirtioFeatures.RingPacked) || ushort.IsPow2(size))
                        rings.Add(RingKind.NameOf(features), size);
                }
            }

            return rings;
        }
    }

    [Theory]
    [MemberData(nameof(Rings))]
    [Requirement("SPLIT-ANOTIFY-2", "SPLIT-ANOTIFY-4")]
    public void Chains_of_every_shape_come_back_once_with_their_echo_while_every_counter_wraps(string name, ushort size)
    {
        VirtioFeatures features = RingKind.Named(name);
        using var bus = new TestBus(new ProbeDevice { Sizes = [size], RingFeatures = RingKind.Offered(features) });
        DriverQueue queue = bus.Driver().Start().Queue();
        var echo = new EchoLoad(bus, queue, features.HasFlag(VirtioFeatures.IndirectDescriptors), seed: size);

        // A split ring's indexes wrap at 2^16 for every size. The positions in a small ring wrap long before, and the driver waits for
        // nearly every chain.
        int chains = size >= 128 ? 66_000 : 4_000;
        echo.Run(chains);
        Assert.Equal(chains, echo.Collected);
    }

    [Theory]
    [MemberData(nameof(RingKind.Names), MemberType = typeof(RingKind))]
    public async Task A_queue_that_was_suspended_goes_on_from_its_state_with_nothing_lost_or_done_twice(string name)
    {
        VirtioFeatures features = RingKind.Named(name);
        using var bus = new TestBus(new ProbeDevice { Sizes = [16], RingFeatures = RingKind.Offered(features) });
        DriverQueue queue = bus.Driver().Start().Queue();
        var echo = new EchoLoad(bus, queue, features.HasFlag(VirtioFeatures.IndirectDescriptors), seed: 3);
        int suspensions = 0;
        var load = Task.Run(() =>
        {
            // Runs until the queue has been suspended often, however the two threads share the processors.
            while (echo.Collected < 5_000 || Volatile.Read(ref suspensions) < 20)
                echo.Run(chains: 500);
        });
        while (!load.IsCompleted)
        {
            QueueState? state = bus.Mmio.SuspendQueue(0, 0, DriverExtensions.Patience);
            Assert.NotNull(state);
            Assert.True(bus.Mmio.ResumeQueue(0, 0, state.Value));
            Volatile.Write(ref suspensions, suspensions + 1);
        }

        await load;
        Assert.Equal(0, queue.Outstanding);
    }
}
