using System.Collections.Concurrent;
using System.Diagnostics;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Queues;

public sealed class SplitRingTests
{
    private const int PieceLength = 16;

    [Theory]
    [InlineData(SplitFlags.Indirect)]
    [InlineData(SplitFlags.Indirect | SplitFlags.Write)]
    [Requirement("SPLIT-IND-1")]
    public void WRITE_says_nothing_of_a_table(SplitFlags flags)
    {
        using var bus = new TestBus(Split(VirtioFeatures.IndirectDescriptors));
        AssertEchoes(bus, direct: 0, table: 4, flags);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(63)]
    [Requirement("SPLIT-IND-2")]
    public void A_table_may_follow_any_number_of_direct_descriptors(int direct)
    {
        using var bus = new TestBus(Split(VirtioFeatures.IndirectDescriptors));
        AssertEchoes(bus, direct, table: direct + 2, SplitFlags.Indirect);
    }

    [Fact]
    [Requirement("SPLIT-DESC-3")]
    public void The_table_is_the_same_after_10_000_requests()
    {
        using var bus = new TestBus(Split(VirtioFeatures.IndirectDescriptors));
        MmioDriver driver = bus.Driver().Start();
        SplitDriverQueue queue = driver.Split();
        ulong buffer = bus.Allocator.Allocate(PieceLength);
        for (ushort i = 0; i < queue.Size; i++)
            queue.WriteDescriptor(
                i, new SplitDescriptor(buffer, PieceLength, i % 2 == 0 ? SplitFlags.Next : SplitFlags.Write, (ushort)(i + 1)));
        (ulong address, int length) = queue.Parts()[0];
        byte[] table = bus.Read(address, length);
        for (int i = 0; i < 10_000; i++)
        {
            queue.OfferRaw((ushort)(i % (queue.Size / 2) * 2));
            queue.Kick();
            Assert.Equal((uint)PieceLength, queue.Collect().Length);
        }

        driver.Reset();
        Assert.Equal(table, bus.Read(address, length));
    }

    [Theory]
    [InlineData(VirtioFeatures.None)]
    [InlineData(VirtioFeatures.EventIndex)]
    [Requirement("SPLIT-ANOTIFY-1", "SPLIT-ANOTIFY-3")]
    public void The_used_rings_flags_say_whether_kicks_are_wanted_and_with_event_indexes_nothing(VirtioFeatures events)
    {
        using var bus = new TestBus(Split(events));
        SplitDriverQueue queue = bus.Driver().Start().Split();
        var echo = new EchoLoad(bus, queue, indirect: false, seed: 17);
        ushort[] expected = events == VirtioFeatures.None ? [0, 1] : [0];
        var seen = new ConcurrentDictionary<ushort, bool>();
        long start = Stopwatch.GetTimestamp();
        using (var look = new BackgroundLoop(() => seen[queue.UsedFlags] = true))
        {
            for (int chains = 50_000;
                 chains == 50_000 || (seen.Count < expected.Length && Stopwatch.GetElapsedTime(start) < DriverExtensions.Patience);
                 chains += 1000)
                echo.Run(chains);
            look.Stop();
        }

        Assert.Equal(expected, seen.Keys.Order());
    }

    [Fact]
    [Requirement("SPLIT-UNOTIFY-3")]
    public void Each_of_65_537_requests_is_notified_while_the_index_wraps()
    {
        using var bus = new TestBus(Split(VirtioFeatures.None));
        MmioDriver driver = bus.Driver().Start();
        SplitDriverQueue queue = driver.Split();
        ulong buffer = bus.Allocator.Allocate(PieceLength);
        for (int i = 1; i <= 65_537; i++)
        {
            long seen = driver.Interrupt.Changes;
            queue.Offer(DriverBuffer.Readable(buffer, PieceLength));
            queue.Kick();
            Assert.True(driver.Interrupt.WaitForChange(seen, DriverExtensions.Patience), $"no interrupt for request {i}");
            Assert.Equal(i, driver.Interrupt.Raised);
            Assert.True(queue.TryCollect(out _));
        }

        Assert.Equal(1, queue.NextUsed);
    }

    private static ProbeDevice Split(VirtioFeatures features) => new() { RingFeatures = features };

    /// <summary>
    /// Offers direct readable descriptors, then a table of as many more readable ones as fit and writable ones for the echo of all.
    /// </summary>
    private static void AssertEchoes(TestBus bus, int direct, int table, SplitFlags tableFlags)
    {
        SplitDriverQueue queue = bus.Driver().Start().Split();
        int readable = (direct + table) / 2;
        byte[] bytes = new byte[readable * PieceLength];
        new Random(direct).NextBytes(bytes);
        ulong source = bus.Place(bytes);
        ulong room = bus.Place(new byte[bytes.Length]);
        SplitDescriptor[] chain = [.. Enumerable.Range(0, direct + table).Select(i => i < readable
            ? new SplitDescriptor(source + (ulong)(i * PieceLength), PieceLength, SplitFlags.None)
            : new SplitDescriptor(room + (ulong)((i - readable) * PieceLength), PieceLength, SplitFlags.Write))];
        for (ushort i = 0; i < direct; i++)
            queue.WriteDescriptor(i, chain[i] with { Flags = chain[i].Flags | SplitFlags.Next, Next = (ushort)(i + 1) });
        queue.WriteDescriptor(direct, new SplitDescriptor(bus.Place(Table(chain[direct..])), (uint)(16 * table), tableFlags));
        queue.OfferRaw(0);
        queue.Kick();
        Assert.Equal(new UsedBuffer(0, (uint)bytes.Length), queue.Collect());
        Assert.Equal(bytes, bus.Read(room, bytes.Length));
    }

    private static byte[] Table(SplitDescriptor[] entries)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        for (int i = 0; i < entries.Length; i++)
        {
            bool last = i == entries.Length - 1;
            writer.Write(entries[i].Address);
            writer.Write(entries[i].Length);
            writer.Write((ushort)(entries[i].Flags | (last ? SplitFlags.None : SplitFlags.Next)));
            writer.Write((ushort)(last ? 0 : i + 1));
        }

        return bytes.ToArray();
    }
}
