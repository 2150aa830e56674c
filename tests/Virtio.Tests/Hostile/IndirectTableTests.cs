using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Hostile;

/// <summary>Class 9, and number 10 of the first list.</summary>
[Collection(Alone.Name)]
public sealed class IndirectTableTests
{
    private const ulong IndirectFeature = 1UL << 28;
    private const PackedFlags Indirect = PackedFlags.Indirect;

    public static TheoryData<string> Names => Victim.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_table_of_impossible_length_is_refused(string name)
    {
        using var victim = Victim.Named(name);
        ulong table = victim.Bus.Allocator.Allocate(64);
        victim.Guard();
        foreach (uint length in new uint[] { 0, 1, 8, 15, 17, 24, 65_537 * 16, 0xffff_fff0, uint.MaxValue })
            Assert.Equal(0u, victim.Send(new PackedDescriptor(table, length, 3, Indirect))?.Length);
        victim.AssertSurvived();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_table_that_is_not_wholly_RAM_is_refused(string name)
    {
        using var victim = Victim.Named(name);
        victim.Guard();
        foreach (ulong address
            in new ulong[]
            {
                0,
                Victim.RamStart - 16,
                Victim.RamEnd - 16,
                Victim.RamEnd - 8,
                Victim.RamEnd,
                Victim.Registers,
                ulong.MaxValue - 31,
                ulong.MaxValue - 15,
                ulong.MaxValue,
            })
            Assert.Equal(0u, victim.Send(new PackedDescriptor(address, 32, 3, Indirect))?.Length);
        victim.AssertSurvived();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_table_in_a_table_is_refused_even_if_it_is_the_same_one(string name)
    {
        using var victim = Victim.Named(name);
        ulong table = victim.Bus.Allocator.Allocate(64);
        victim.WriteTable(table, new PackedDescriptor(table, 16, 0, Indirect));
        victim.Guard();
        Assert.Equal(0u, victim.Send(new PackedDescriptor(table, 16, 3, Indirect))?.Length);
        victim.AssertSurvived();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_table_without_the_feature_is_refused(string name)
    {
        using var victim = Victim.Named(name);
        victim.Restart(victim.Features & ~IndirectFeature);
        ulong table = TableOf(victim, out _);
        victim.Guard();
        Assert.Equal(0u, victim.Send(new PackedDescriptor(table, 16, 3, Indirect))?.Length);
        victim.AssertSurvived();
    }

    /// <summary>Class 2: a head that made other devices parse it forever.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_table_in_the_middle_of_a_chain_is_refused_once_and_the_chain_behind_it_served(string name)
    {
        using var victim = Victim.Named(name);
        ulong table = TableOf(victim, out _);
        victim.Guard();
        Assert.Equal(0u, victim.Send(
            new PackedDescriptor(table, 16, 3, Indirect | PackedFlags.Next),
            new PackedDescriptor(table, 16, 3, Indirect))?.Length);
        Assert.Equal(0u, victim.Send(
            new PackedDescriptor(table, 16, 3, PackedFlags.Next),
            new PackedDescriptor(table, 16, 3, Indirect | PackedFlags.Next),
            new PackedDescriptor(table, 16, 3, PackedFlags.Write))?.Length);
        victim.AssertGuarded();
        victim.Kind.AssertWorks(victim.Driver);
        victim.Guard();
        victim.AssertSurvived();
    }

    /// <summary>Class 10: in a packed ring the device reads only WRITE of an entry's flags.</summary>
    [Theory]
    [MemberData(nameof(DeviceKind.Names), MemberType = typeof(DeviceKind))]
    public void Stale_flags_in_a_table_change_nothing(string name)
    {
        DeviceKind kind = DeviceKind.Named(name);
        using var victim = new Victim(kind);
        foreach (PackedFlags stale
            in new[]
            {
                PackedFlags.Next,
                PackedFlags.Available,
                PackedFlags.Used,
                PackedFlags.Next | PackedFlags.Available | PackedFlags.Used,
                (PackedFlags)0x7f78,
            })
        {
            DriverBuffer[] request = kind.Request(victim.Bus);
            ulong table = victim.Bus.Allocator.Allocate(request.Length * PackedDescriptor.Size);
            victim.WriteTable(
                table,
                [
                    .. request.Select(buffer => new PackedDescriptor(
                        buffer.Address, buffer.Length, 0xffff, stale | (buffer.IsWritable ? PackedFlags.Write : 0))),
                ]);
            UsedBuffer? used = victim.Send(new PackedDescriptor(table, (uint)(request.Length * PackedDescriptor.Size), 3, Indirect));
            Assert.NotNull(used);
            kind.AssertAnswered(victim.Bus, request, used.Value);
        }

        victim.AssertSurvived();
    }

    /// <summary>The table lies on the ring, so the ring's descriptors are also the table's entries.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_table_on_the_ring_itself_is_read_like_any_other(string name)
    {
        using var victim = Victim.Named(name);
        victim.Guard();
        victim.AllowWrite(Victim.RamStart, Victim.RamSize);
        victim.Send(new PackedDescriptor(victim.Queue.Areas.Descriptor, 16, 3, Indirect));
        victim.AssertSurvived();
    }

    /// <summary>Class 17: a table that names the same memory many times causes bounded work.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_table_that_names_the_same_memory_1024_times_is_served_in_bounded_time(string name)
    {
        using var victim = Victim.Named(name);
        const int Entries = 1024;
        ulong table = victim.Bus.Allocator.Allocate(Entries * PackedDescriptor.Size);
        foreach (PackedFlags direction in new[] { PackedFlags.None, PackedFlags.Write })
        {
            victim.WriteTable(
                table, [.. Enumerable.Repeat(new PackedDescriptor(Victim.BehindHole, Victim.RamSize, 0, direction), Entries)]);
            victim.Guard();
            Assert.NotNull(victim.Send(new PackedDescriptor(table, Entries * PackedDescriptor.Size, 3, Indirect)));
        }

        victim.AssertSurvived();
    }

    private static ulong TableOf(Victim victim, out ulong buffer)
    {
        ulong table = victim.Bus.Allocator.Allocate(64);
        buffer = victim.Bus.Allocator.Allocate(64);
        victim.WriteTable(table, new PackedDescriptor(buffer, 64, 0, PackedFlags.Write));
        return table;
    }
}
