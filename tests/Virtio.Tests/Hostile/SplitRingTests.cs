using Virtio.Testing;
using Virtio.Testing.Conformance;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Hostile;

/// <summary>Malformed input that only a split ring can have: the links of its table, its index, and its entries.</summary>
[Collection(Alone.Name)]
public sealed class SplitRingTests
{
    private const SplitFlags Next = SplitFlags.Next;

    public static TheoryData<string> Names => DeviceKind.Names;

    /// <summary>Class 1: loops from descriptor 0 to 0, from 0 to 1 to 0, and of as many steps as the ring has descriptors.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Loops_of_descriptors_are_given_back_after_as_many_steps_as_the_ring_has(string name)
    {
        using Victim victim = Split(name);
        int size = victim.Queue.Size;
        victim.Guard();
        foreach (int length in new[] { 1, 2, 3, size - 1, size })
        {
            foreach (SplitFlags direction in new[] { SplitFlags.None, SplitFlags.Write })
            {
                for (int i = 0; i < length; i++)
                    victim.Split.WriteDescriptor(i, new SplitDescriptor(Victim.RamStart, 16, Next | direction, (ushort)((i + 1) % length)));
                Assert.Equal(0u, Offer(victim, head: 0)?.Length);
            }
        }

        victim.AssertSurvived();
    }

    /// <summary>Class 1: the same in an indirect table.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Loops_in_a_table_are_given_back(string name)
    {
        using Victim victim = Split(name);
        ulong table = victim.Bus.Allocator.Allocate(1024 * 16);
        victim.Guard();
        victim.AllowWrite(table, 1024 * 16);
        foreach (int length in new[] { 1, 2, 3, 64, 1024 })
        {
            for (int i = 0; i < length; i++)
                WriteEntry(victim, table, i, new SplitDescriptor(Victim.RamStart, 16, Next, (ushort)((i + 1) % length)));
            victim.Split.WriteDescriptor(0, new SplitDescriptor(table, (uint)length * 16, SplitFlags.Indirect));
            Assert.Equal(0u, Offer(victim, head: 0)?.Length);
        }

        victim.AssertSurvived();
    }

    /// <summary>Class 3: a next field that is out of range, in the ring's table and in an indirect table.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_next_behind_its_table_is_given_back_and_not_followed(string name)
    {
        using Victim victim = Split(name);
        ulong table = victim.Bus.Allocator.Allocate(64);
        int size = victim.Queue.Size;
        victim.Guard();
        victim.AllowWrite(table, 64);
        foreach (int next in new[] { size, size + 1, 0x7fff, 0x8000, 0xffff })
        {
            victim.Split.WriteDescriptor(0, new SplitDescriptor(Victim.RamStart, 16, Next, (ushort)next));
            Assert.Equal(0u, Offer(victim, head: 0)?.Length);
        }

        foreach (int next in new[] { 2, 3, 4, 0x7fff, 0xffff })
        {
            WriteEntry(victim, table, 0, new SplitDescriptor(Victim.RamStart, 16, Next, (ushort)next));
            WriteEntry(victim, table, 1, new SplitDescriptor(Victim.RamStart, 16, SplitFlags.None));
            victim.Split.WriteDescriptor(0, new SplitDescriptor(table, 32, SplitFlags.Indirect));
            Assert.Equal(0u, Offer(victim, head: 0)?.Length);
        }

        victim.AssertSurvived();
    }

    /// <summary>Class 3: a head that names no descriptor names no chain that could be used.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_head_behind_the_table_needs_a_reset(string name)
    {
        using Victim victim = Split(name);
        foreach (int head in new[] { victim.Queue.Size, victim.Queue.Size + 1, 0x7fff, 0x8000, 0xffff })
        {
            victim.Guard();
            Assert.Null(Offer(victim, (ushort)head));
            victim.AssertGuarded();
            victim.Restart();
        }

        victim.AssertSurvived();
    }

    /// <summary>Class 4: an index that advances by more than the ring's size, by half of its range, and by minus one.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void An_available_index_that_jumps_needs_a_reset_and_serves_nothing_twice(string name)
    {
        using Victim victim = Split(name);
        foreach (int jump in new[] { victim.Queue.Size + 1, 0x7fff, 0x8000, 0xffff })
        {
            victim.Kind.AssertWorks(victim.Driver);
            ushort used = victim.Split.UsedIndex;
            victim.Guard();
            victim.Split.AvailableIndex = unchecked((ushort)(victim.Split.AvailableIndex + jump));
            victim.Driver.Notify((uint)victim.Kind.Queue);
            victim.Driver.AwaitNeedsReset();
            Assert.Equal(used, victim.Split.UsedIndex);
            victim.AssertGuarded();
            victim.Restart();
        }

        victim.AssertSurvived();
    }

    /// <summary>Class 4: an index that advances while the whole ring is in flight, by as little as one.</summary>
    [Fact]
    public void An_available_index_beyond_what_the_ring_has_left_needs_a_reset()
    {
        var storage = new HeldStorage(1 << 20);
        using var victim = new Victim(new BlockKind(), new Virtio.Devices.Block.BlockDevice(storage), split: true);
        ulong header = victim.Bus.Place(BlockKind.Header(0, 0));
        ulong status = victim.Bus.Allocator.Allocate(1);
        int size = victim.Queue.Size;
        for (int i = 0; i < size; i++)
            victim.Queue.OfferIndirect(DriverBuffer.Readable(header, 16), DriverBuffer.Writable(status, 1));
        victim.Queue.Kick();
        storage.WaitUntilHeld(size);
        victim.Split.AvailableIndex = unchecked((ushort)(victim.Split.AvailableIndex + 1));
        victim.Driver.Notify(0);
        victim.Driver.AwaitNeedsReset();
        storage.Release();
        victim.Restart();
        Assert.Equal(BlockResult.Ok, new BlockDriver(victim.Driver).Read(0, new byte[512]));
    }

    /// <summary>Class 4: the driver changes the entries and not the index.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Entries_without_an_index_offer_nothing(string name)
    {
        using Victim victim = Split(name);
        victim.Kind.AssertWorks(victim.Driver);
        ushort used = victim.Split.UsedIndex;
        for (int entry = 0; entry < victim.Queue.Size; entry++)
            victim.Split.WriteAvailable(entry, (ushort)(entry % 3 == 0 ? 0xffff : 0));
        victim.Guard();
        for (int i = 0; i < 100; i++)
            victim.KickAndSettle();
        Assert.Equal(used, victim.Split.UsedIndex);
        Assert.Equal(DeviceStatusBits.Running, victim.Driver.Status);
        victim.AssertSurvived();
    }

    /// <summary>Class 10: the same head for two chains that are in flight together.</summary>
    [Fact]
    public void A_head_that_is_offered_twice_is_given_back_twice()
    {
        using var victim = new Victim(new ProbeKind(), split: true);
        ulong buffer = victim.Bus.Allocator.Allocate(8);
        victim.Split.WriteDescriptor(5, new SplitDescriptor(buffer, 8, SplitFlags.Write));
        victim.Split.OfferRaw(5);
        victim.Split.OfferRaw(5);
        victim.Queue.Kick();
        Assert.Equal((5, 5), (victim.Queue.Collect().Id, victim.Queue.Collect().Id));
        victim.AssertSurvived();
    }

    /// <summary>Class 2: a rejected head with a valid chain behind it.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_chain_behind_a_rejected_one_is_served(string name)
    {
        using Victim victim = Split(name);
        int last = victim.Queue.Size - 1;
        for (int i = 0; i < 100; i++)
        {
            victim.Split.WriteDescriptor(last, new SplitDescriptor(Victim.RamEnd, 16, Next, (ushort)last));
            victim.Split.OfferRaw((ushort)last);
            DriverBuffer[] request = victim.Kind.Request(victim.Bus);
            ushort id = victim.Queue.Offer(request);
            victim.Queue.Kick();
            Assert.Equal(new UsedBuffer((ushort)last, 0), victim.Queue.Collect());
            UsedBuffer used = victim.Queue.Collect();
            Assert.Equal(id, used.Id);
            victim.Kind.AssertAnswered(victim.Bus, request, used);
            Array.ForEach(request, buffer => victim.Bus.Allocator.Free(buffer.Address, (int)buffer.Length));
        }

        victim.AssertSurvived();
    }

    /// <summary>Class 33: the device writes the used index with one store, after the entry.</summary>
    [Fact]
    public void The_used_index_moves_in_order_and_never_before_its_entry()
    {
        using var victim = new Victim(new ProbeKind(), new ProbeDevice(chain => chain.Complete((uint)chain.Writer.Remaining)), split: true);
        SplitDriverQueue queue = victim.Split;
        ulong buffer = victim.Bus.Allocator.Allocate(4096);
        for (int i = 0; i < queue.Size; i++)
            queue.WriteDescriptor(i, new SplitDescriptor(buffer, (uint)i + 1, SplitFlags.Write));
        ushort seen = 0;
        string? wrong = null;
        using var reader = new BackgroundLoop(() =>
        {
            ushort now = queue.UsedIndex;
            ushort step = unchecked((ushort)(now - seen));
            if (step > 0x4000)
                wrong ??= $"the used index went from {seen} to {now}";
            seen = now;
        });
        for (int i = 0; i < 300_000; i++)
        {
            while (queue.Outstanding < 16)
                queue.OfferRaw((ushort)(queue.NextAvailable % queue.Size));
            queue.Kick();
            while (queue.TryCollect(out UsedBuffer used))
                Assert.Equal(used.Id + 1u, used.Length);
        }

        reader.Stop();
        Assert.Null(wrong);
    }

    private static Victim Split(string name) => new(DeviceKind.Named(name), split: true);

    private static UsedBuffer? Offer(Victim victim, ushort head)
    {
        victim.Split.OfferRaw(head);
        victim.Driver.Notify((uint)victim.Kind.Queue);
        UsedBuffer used = default;
        Assert.True(
            SpinWait.SpinUntil(() => victim.NeedsReset || victim.Queue.TryCollect(out used), DriverExtensions.Patience),
            $"{victim.Kind}: no answer to head {head}");
        return victim.NeedsReset ? null : used;
    }

    private static void WriteEntry(Victim victim, ulong table, int index, SplitDescriptor entry) => victim.Bus.Memory.TryWrite(
        table + ((ulong)index * 16),
        [
            .. BitConverter.GetBytes(entry.Address),
            .. BitConverter.GetBytes(entry.Length),
            .. BitConverter.GetBytes((ushort)entry.Flags),
            .. BitConverter.GetBytes(entry.Next),
        ]);
}
