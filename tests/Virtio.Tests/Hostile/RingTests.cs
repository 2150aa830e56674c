using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Hostile;

[Collection(Alone.Name)]
public sealed class RingTests
{
    public static TheoryData<string> Names => DeviceKind.Names;

    public static TheoryData<string> BothLayouts => Victim.Names;

    /// <summary>Class 1, and number 11 of the first list: the chain never ends.</summary>
    [Theory]
    [MemberData(nameof(BothLayouts))]
    public void A_ring_in_which_every_descriptor_has_NEXT_needs_a_reset(string name)
    {
        using var victim = Victim.Named(name);
        victim.Guard();
        victim.Driver.BreakRing(victim.Kind.Queue);
        victim.AssertSurvived();
    }

    /// <summary>Class 2: after a malformed chain the device touches nothing more before the reset.</summary>
    [Theory]
    [MemberData(nameof(BothLayouts))]
    public void Kicks_after_an_impossible_ring_do_nothing(string name)
    {
        using var victim = Victim.Named(name);
        victim.Driver.BreakRing(victim.Kind.Queue);
        victim.Guard();
        byte[] before = victim.Bus.Snapshot();
        for (int i = 0; i < 1000; i++)
            victim.Driver.Notify((uint)victim.Kind.Queue);
        Assert.Equal(DeviceStatusBits.Running | DeviceStatusBits.NeedsReset, victim.Driver.Status);
        Assert.True(before.AsSpan().SequenceEqual(victim.Bus.Snapshot()));
        victim.AssertSurvived();
    }

    /// <summary>A chain whose head is available before the rest of it. No correct driver does that, and the rest never comes.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_chain_that_stops_half_way_needs_a_reset(string name)
    {
        using var victim = new Victim(DeviceKind.Named(name));
        victim.Guard();
        Assert.Null(victim.Send(new PackedDescriptor(Victim.RamStart, 16, 1, PackedFlags.Next)));
        victim.AssertSurvived();
    }

    /// <summary>Class 3: the driver chooses the id freely, and the device returns it unchanged.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Buffer_ids_beyond_the_ring_come_back_as_they_were(string name)
    {
        using var victim = new Victim(DeviceKind.Named(name));
        foreach (int id in new[] { victim.Packed.Size - 1, victim.Packed.Size, 0x7fff, 0x8000, 0xffff })
        {
            DriverBuffer[] request = victim.Kind.Request(victim.Bus);
            UsedBuffer? used = victim.Send(
                [.. request.Select((buffer, i) => Descriptor(buffer, (ushort)id, last: i == request.Length - 1))]);
            Assert.Equal((ushort)id, used?.Id);
            victim.Kind.AssertAnswered(victim.Bus, request, used!.Value);
        }

        victim.AssertSurvived();
    }

    /// <summary>Class 4: the whole ring is in flight, and the driver makes it available again.</summary>
    [Fact]
    public void Slots_that_were_not_given_back_are_not_taken_again()
    {
        var storage = new HeldStorage(1 << 20);
        using var victim = new Victim(new BlockKind(), new Virtio.Devices.Block.BlockDevice(storage));
        PackedDriverQueue queue = victim.Packed;
        ulong header = victim.Bus.Place(BlockKind.Header(0, 0));
        ulong status = victim.Bus.Allocator.Allocate(1);
        for (int i = 0; i < queue.Size / 2; i++)
            queue.Offer(DriverBuffer.Readable(header, 16), DriverBuffer.Writable(status, 1));
        queue.Kick();
        storage.WaitUntilHeld(queue.Size / 2);
        queue.OfferRaw(new PackedDescriptor(header, 16, 0, PackedFlags.Next), new PackedDescriptor(status, 1, 0, PackedFlags.Write));
        victim.Driver.Notify(0);
        victim.Driver.AwaitNeedsReset();
        storage.Release();
        victim.Driver.Start();
        Assert.Equal(BlockResult.Ok, new BlockDriver(victim.Driver).Read(0, new byte[512]));
    }

    /// <summary>Class 10: two chains in flight with the same id.</summary>
    [Fact]
    public void An_id_that_is_in_flight_already_names_both_chains()
    {
        using var victim = new Victim(new ProbeKind());
        PackedDriverQueue queue = victim.Packed;
        ulong buffer = victim.Bus.Allocator.Allocate(8);
        queue.OfferRaw(new PackedDescriptor(buffer, 8, 5, PackedFlags.None));
        queue.OfferRaw(new PackedDescriptor(buffer, 8, 5, PackedFlags.None));
        int first = queue.NextUsed;
        queue.Kick();
        Assert.True(SpinWait.SpinUntil(() => IsUsed(queue, first) && IsUsed(queue, first + 1), DriverExtensions.Patience));
        Assert.Equal((5, 5), (queue.ReadDescriptor(first).Id, queue.ReadDescriptor(first + 1).Id));
        victim.AssertSurvived();
    }

    /// <summary>Class 10: flags that are neither available nor used, or both.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Descriptors_that_are_not_available_are_left_alone(string name)
    {
        using var victim = new Victim(DeviceKind.Named(name));
        PackedDriverQueue queue = victim.Packed;
        foreach (PackedFlags flags
            in new[]
            {
                PackedFlags.None,
                PackedFlags.Available | PackedFlags.Used,
                PackedFlags.Next,
                (PackedFlags)0x7f7f,
                (PackedFlags)0xffff,
                PackedFlags.Used,
            })
        {
            var descriptor = new PackedDescriptor(Victim.RamStart, 64, 1, flags);
            queue.WriteDescriptor(queue.NextAvailable, descriptor);
            victim.KickAndSettle();
            Assert.Equal(descriptor, queue.ReadDescriptor(queue.NextAvailable));
        }

        Assert.Equal(DeviceStatusBits.Running, victim.Driver.Status);
        victim.AssertSurvived();
    }

    /// <summary>Number 12 of the first list: the driver overwrites the flags of a slot that is in flight.</summary>
    [Fact]
    public void A_slot_that_is_overwritten_while_in_flight_is_used_all_the_same()
    {
        using var gate = new SemaphoreSlim(0);
        using var entered = new SemaphoreSlim(0);
        var device = new ProbeDevice(chain =>
        {
            entered.Release();
            gate.Wait();
            chain.Complete();
        });
        using var victim = new Victim(new ProbeKind(), device);
        PackedDriverQueue queue = victim.Packed;
        int slot = queue.NextAvailable;
        ushort id = queue.Offer(DriverBuffer.Readable(Victim.RamStart, 8));
        queue.Kick();
        entered.Wait();
        queue.WriteDescriptor(slot, default);
        gate.Release();
        Assert.Equal(id, queue.Collect().Id);
    }

    /// <summary>Class 16: an error returns every slot.</summary>
    [Theory]
    [MemberData(nameof(BothLayouts))]
    public void After_65536_rejected_chains_the_ring_has_all_its_slots_and_no_memory_is_lost(string name)
    {
        using var victim = Victim.Named(name);
        for (int i = 0; i < 65536;)
        {
            int offered = 0;
            for (; offered < 32; offered++, i++)
                victim.Queue.Offer(DriverBuffer.Writable(Victim.RamEnd - 1, 2));
            victim.Queue.Kick();
            for (; offered > 0; offered--)
                Assert.Equal(0u, victim.Queue.Collect().Length);
        }

        ulong buffer = victim.Bus.Allocator.Allocate(1);
        for (int i = 0; i < victim.Queue.Size; i++)
            victim.Queue.Offer(DriverBuffer.Readable(buffer, 1));
        victim.Queue.Kick();
        for (int i = 0; i < victim.Queue.Size; i++)
            victim.Queue.Collect();
        victim.AssertSurvived();
    }

    /// <summary>Class 34, also with a bound for malformed rings.</summary>
    [Theory]
    [MemberData(nameof(BothLayouts))]
    public void A_million_bad_kicks_and_a_hundred_broken_rings_do_not_fill_the_log(string name)
    {
        using var victim = Victim.Named(name);
        for (uint i = 0; i < 1_000_000; i++)
            victim.Driver.Notify(i % 1000);
        for (int i = 0; i < 100; i++)
        {
            victim.Driver.BreakRing(victim.Kind.Queue);
            victim.Restart();
        }

        victim.AssertSurvived();
    }

    /// <summary>Class 33: the device writes each word with one store, so that a reader on another processor sees it whole.</summary>
    [Fact]
    public void Used_entries_and_event_words_are_never_torn()
    {
        using var victim = new Victim(new ProbeKind(), new ProbeDevice(chain => chain.Complete((uint)chain.Writer.Remaining)));
        PackedDriverQueue queue = victim.Packed;
        ulong buffer = victim.Bus.Allocator.Allocate(4096);
        int slot = 0;
        string? torn = null;
        using var reader = new BackgroundLoop(() =>
        {
            PackedDescriptor seen = queue.ReadDescriptor(slot);
            slot = (slot + 1) % queue.Size;
            uint wish = queue.DeviceEvent;
            if (IsUsed(seen) && seen.Flags.HasFlag(PackedFlags.Write) && seen.Length != seen.Id + 1u)
                torn ??= seen.ToString();
            if ((wish & 0x7fff) >= queue.Size || wish >> 16 > 2)
                torn ??= $"event 0x{wish:x}";
        });
        for (int i = 0; i < 300_000; i++)
        {
            while (queue.Outstanding < 16)
                OfferNamed(queue, buffer);
            queue.Kick();
            queue.TryCollect(out _);
        }

        reader.Stop();
        Assert.Null(torn);
    }

    // Length and id are derived from the same number, so that a mixture of two entries would show.
    private static void OfferNamed(PackedDriverQueue queue, ulong buffer) =>
        queue.OfferRaw(new PackedDescriptor(buffer, (uint)queue.NextAvailable + 1, (ushort)queue.NextAvailable, PackedFlags.Write));

    private static bool IsUsed(PackedDriverQueue queue, int slot) => IsUsed(queue.ReadDescriptor(slot));

    private static bool IsUsed(PackedDescriptor descriptor) =>
        descriptor.Flags.HasFlag(PackedFlags.Available) == descriptor.Flags.HasFlag(PackedFlags.Used);

    private static PackedDescriptor Descriptor(DriverBuffer buffer, ushort id, bool last) =>
        new(buffer.Address, buffer.Length, id, (buffer.IsWritable ? PackedFlags.Write : 0) | (last ? 0 : PackedFlags.Next));
}
