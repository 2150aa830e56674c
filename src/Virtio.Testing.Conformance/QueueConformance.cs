using Virtio.Transports.Mmio;

namespace Virtio.Testing.Conformance;

/// <summary>
/// Checks the rings of a device in each layout with each combination of features (virtio 1.4, 2.6 to 2.8). Derive a test class from it for
/// a device of your own.
/// </summary>
/// <remarks>
/// One test makes up to 10 requests at once and 1,100 in all; the others make one at a time, at most 200 in one test. Some requests are cut
/// into pieces of 1 to 512 bytes. Some consist of random bytes with 600 bytes of room: the device must complete those too, with any answer.
/// </remarks>
/// <param name="device">The device.</param>
public abstract class QueueConformance(DeviceUnderTest device)
{
    private const int LongestTable = 1024;
    private const byte Pattern = 0xa7;

    [Theory]
    [MemberData(nameof(RingChoice.Names), MemberType = typeof(RingChoice))]
    [Requirement("BASIC-RSVD-5")]
    public void Requests_are_answered_in_any_number_and_in_the_order_agreed_while_the_ring_goes_round(string ring)
    {
        VirtioFeatures features = RingChoice.Named(ring);
        using TestBus bus = device.OnBus(features);
        DriverQueue queue = bus.Driver().Start().Queue(device.Queue);
        var offered = new List<(ushort Id, DriverBuffer[] Request)>();
        for (int i = 0; i < 200; i++)
        {
            // One to ten at a time, every second one in an indirect table if those are negotiated.
            int made = 0;
            for (int batch = i % 10; batch >= 0; batch--, made++)
            {
                DriverBuffer[] request = device.Request(bus);
                if (!queue.TryOffer(request, out ushort id, features.HasFlag(VirtioFeatures.IndirectDescriptors) && batch % 2 == 0))
                    break;
                offered.Add((id, request));
            }

            queue.Kick();
            device.Supply(bus, made);
            while (offered.Count > 0)
            {
                UsedBuffer used = queue.Collect();
                int which = offered.FindIndex(chain => chain.Id == used.Id);
                if (features.HasFlag(VirtioFeatures.InOrder))
                    Assert.Equal(0, which);
                device.AssertAnswered(bus, offered[which].Request, used);
                DeviceUnderTest.Free(bus, offered[which].Request);
                offered.RemoveAt(which);
            }
        }
    }

    [Theory]
    [MemberData(nameof(RingChoice.Names), MemberType = typeof(RingChoice))]
    [Requirement("SPLIT-FRAME-1")]
    public void The_cut_of_a_request_into_descriptors_changes_nothing(string ring)
    {
        using TestBus bus = device.OnBus(RingChoice.Named(ring));
        DriverQueue queue = bus.Driver().Start().Queue(device.Queue);
        foreach (uint piece in new uint[] { 1, 2, 3, 5, 16, 100, 512 })
        {
            foreach (bool indirect in new[] { false, true })
            {
                DriverBuffer[] request = device.Request(bus);
                DriverBuffer[] chain = [.. request.SelectMany(buffer => Cut(buffer, piece))];
                bool isPossible = indirect
                    ? ring.Contains("indirect", StringComparison.Ordinal) && chain.Length <= LongestTable
                    : chain.Length <= queue.Size;
                if (!isPossible)
                    continue;
                Assert.True(queue.TryOffer(chain, out ushort id, indirect));
                queue.Kick();
                device.Supply(bus, 1);
                UsedBuffer used = queue.Collect();
                Assert.Equal(id, used.Id);
                device.AssertAnswered(bus, request, used);
            }
        }
    }

    [Theory]
    [MemberData(nameof(RingChoice.Names), MemberType = typeof(RingChoice))]
    [Requirement("SPLIT-DESC-1", "SPLIT-DESC-3", "SPLIT-USED-3", "PACKED-DESC-1")]
    public void Nothing_is_written_but_the_devices_own_part_of_the_ring_and_writable_buffers(string ring)
    {
        const int Room = 600;
        using TestBus bus = device.OnBus(RingChoice.Named(ring));
        DriverQueue queue = bus.Driver().Start().Queue(device.Queue);
        var random = new Random(7);
        for (int i = 0; i < 20; i++)
        {
            // Valid requests and random bytes in turn, between guard bytes.
            byte[] bytes = new byte[random.Next(1, Room)];
            random.NextBytes(bytes);
            ulong room = bus.Place(Enumerable.Repeat(Pattern, 3 * Room).ToArray()) + Room;
            DriverBuffer[] request = i % 2 == 0
                ? device.Request(bus)
                : [DriverBuffer.Readable(bus.Place(bytes), bytes.Length), DriverBuffer.Writable(room, Room)];
            Assert.True(queue.TryOffer(request, out _, ring.Contains("indirect", StringComparison.Ordinal) && i % 4 < 2));
            byte[] before = bus.Snapshot();
            queue.Kick();
            device.Supply(bus, 1);
            UsedBuffer used = queue.Poll();
            byte[] after = bus.Snapshot();
            foreach ((ulong address, int length)
                in queue.DeviceParts()
                    .Concat(request.Where(buffer => buffer.IsWritable).Select(buffer => (buffer.Address, (int)buffer.Length))))
            {
                before.AsSpan((int)(address - bus.Options.MemoryAddress), length).Clear();
                after.AsSpan((int)(address - bus.Options.MemoryAddress), length).Clear();
            }

            Assert.True(
                before.AsSpan().SequenceEqual(after),
                $"the device wrote to memory of the driver for request {i}, which was completed with {used}");
        }
    }

    [Theory]
    [MemberData(nameof(RingChoice.Names), MemberType = typeof(RingChoice))]
    [Requirement("SPLIT-UNOTIFY-2", "SPLIT-UNOTIFY-6")]
    public void A_driver_that_wants_no_interrupts_gets_none(string ring)
    {
        using TestBus bus = device.OnBus(RingChoice.Named(ring));
        MmioDriver driver = bus.Driver().Start();
        DriverQueue queue = driver.Queue(device.Queue);
        for (int i = 0; i < 100; i++)
        {
            queue.DisableInterrupts();
            queue.Offer(device.Request(bus));
            queue.Kick();
            device.Supply(bus, 1);
            queue.Poll();
        }

        driver.Reset();
        Assert.Equal(0, driver.Interrupt.Raised);
    }

    [Theory]
    [MemberData(nameof(RingChoice.Names), MemberType = typeof(RingChoice))]
    [Requirement("SPLIT-UNOTIFY-3", "SPLIT-UNOTIFY-5")]
    public void A_driver_that_wants_an_interrupt_gets_one_for_each_request(string ring)
    {
        using TestBus bus = device.OnBus(RingChoice.Named(ring));
        MmioDriver driver = bus.Driver().Start();
        DriverQueue queue = driver.Queue(device.Queue);
        for (int i = 0; i < 100; i++)
        {
            queue.EnableInterrupts();
            queue.Offer(device.Request(bus));
            queue.Kick();
            device.Supply(bus, 1);
            Assert.Equal(InterruptBits.UsedBuffer, driver.WaitForInterrupt(DriverExtensions.Patience));
            Assert.True(queue.TryCollect(out _), "an interrupt came before its used buffer");
        }
    }

    [Theory]
    [MemberData(nameof(RingChoice.Names), MemberType = typeof(RingChoice))]
    [Requirement("SPLIT-ANOTIFY-5")]
    public void Kicks_that_bring_nothing_do_no_harm_at_any_time(string ring)
    {
        using TestBus bus = device.OnBus(RingChoice.Named(ring));
        MmioDriver driver = bus.Driver();
        foreach (DeviceStatusBits status in DriverExtensions.States)
        {
            driver.BringTo(status, device.Queue, () => device.Supply(bus, 1));
            for (uint i = 0; i < 1000; i++)
                driver.Notify(i % 4);
        }

        device.AssertWorks(driver.Start());
    }

    [Theory]
    [MemberData(nameof(RingChoice.Names), MemberType = typeof(RingChoice))]
    [Requirement("BASIC-STATUS-3", "BASIC-STATUS-4")]
    public void A_ring_that_contradicts_itself_needs_a_reset_says_so_and_is_cured_by_it(string ring)
    {
        using TestBus bus = device.OnBus(RingChoice.Named(ring));
        MmioDriver driver = bus.Driver().Start();
        driver.BreakRing(device.Queue, () => device.Supply(bus, 1));
        driver.AwaitPending(InterruptBits.ConfigChange);
        device.AssertWorks(driver.Start());
    }

    [Theory]
    [MemberData(nameof(RingChoice.LayoutNames), MemberType = typeof(RingChoice))]
    [Requirement("BASIC-QRESET-1", "BASIC-QRESET-2", "MMIO-11", "MMIO-13")]
    public void A_queue_that_was_reset_is_not_touched(string ring)
    {
        using TestBus bus = device.OnBus(RingChoice.Offered(RingChoice.Named(ring)));
        MmioDriver driver = bus.Driver().Start();
        device.AssertWorks(driver);
        DriverQueue queue = driver.Queue(device.Queue);
        driver.WriteRegister(MmioRegisters.QueueSelect, (uint)device.Queue);
        driver.WriteRegister(MmioRegisters.QueueReset, 1);
        Assert.True(SpinWait.SpinUntil(() => !driver.IsQueueResetting((uint)device.Queue), DriverExtensions.Patience));
        Assert.False(driver.IsQueueReady((uint)device.Queue));
        driver.AssertSilentAfterKick(device.Queue, () =>
        {
            queue.Offer(device.Request(bus));
            device.Supply(bus, 1);
        });
    }

    [Theory]
    [MemberData(nameof(RingChoice.Names), MemberType = typeof(RingChoice))]
    [Requirement("BASIC-QRESET-3", "BASIC-QRESET-4", "MMIO-10", "MMIO-13")]
    public void A_queue_that_was_reset_starts_anew_with_another_size_at_other_addresses(string ring)
    {
        using TestBus bus = device.OnBus(RingChoice.Offered(RingChoice.Named(ring)));
        MmioDriver driver = bus.Driver().Start();
        DriverQueue queue = driver.Queue(device.Queue);
        for (int size = queue.Size; size >= device.Request(bus).Length; size /= 2)
        {
            // Advances within the ring, so that the next ring would start at a wrong index if the device kept anything.
            for (int i = 0; i < 5; i++)
                device.AssertWorks(driver);
            driver.ResetQueue(device.Queue);
            Assert.False(driver.IsQueueReady((uint)device.Queue));
            (ulong Address, int Length)[] old = queue.Parts();
            Hold(bus, old);
            queue = driver.SetUpQueue(device.Queue, size);
            Assert.False(driver.IsQueueResetting((uint)device.Queue));
            Assert.True(driver.IsQueueReady((uint)device.Queue));
            for (int i = 0; i < 5; i++)
                device.AssertWorks(driver);
            Assert.All(old, part => Assert.All(bus.Read(part.Address, part.Length), value => Assert.Equal(Pattern, value)));
        }
    }

    private static IEnumerable<DriverBuffer> Cut(DriverBuffer buffer, uint piece)
    {
        for (uint at = 0; at < buffer.Length; at += piece)
            yield return buffer with { Address = buffer.Address + at, Length = Math.Min(piece, buffer.Length - at) };
    }

    /// <summary>Allocates memory that was just freed, so that nothing else is placed there, and fills it with the pattern.</summary>
    private static void Hold(TestBus bus, (ulong Address, int Length)[] parts)
    {
        var held = new HashSet<ulong>();
        foreach ((ulong address, int length) in parts)
        {
            while (!held.Contains(address))
                held.Add(bus.Allocator.Allocate(length));
            bus.Memory.TryWrite(address, [.. Enumerable.Repeat(Pattern, length)]);
        }
    }
}
