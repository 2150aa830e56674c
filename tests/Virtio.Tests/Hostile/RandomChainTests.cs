using System.Buffers.Binary;
using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Hostile;

/// <summary>Many inputs at little cost each. After each input the test checks that guest memory has changed only where it may.</summary>
[Collection(Alone.Name)]
public sealed class RandomChainTests
{
    private static readonly PackedFlags[] FlagMixes =
    [
        PackedFlags.None, PackedFlags.Write, PackedFlags.Indirect, PackedFlags.Indirect | PackedFlags.Write,
        PackedFlags.Next,
        PackedFlags.Next | PackedFlags.Write,
        PackedFlags.Next | PackedFlags.Indirect,
        PackedFlags.Next | PackedFlags.Indirect | PackedFlags.Write,
    ];

    private static readonly uint[] Lengths = [0, 1, 16, 17, 512, 4096, uint.MaxValue];

    private static readonly ulong[] Addresses =
    [
        0, Victim.RamStart, Victim.RamStart + (Victim.RamSize / 2), Victim.RamEnd - 512, Victim.RamEnd - 1, Victim.RamEnd,
        Victim.BehindHole, Victim.Registers + 0x70, ulong.MaxValue,
    ];

    public static TheoryData<string> Names => Victim.Names;

    /// <summary>Small tables: each descriptor alone, then a sample of all pairs.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Every_small_chain_is_survived(string name)
    {
        using var victim = Victim.Named(name);
        PackedDescriptor[] all =
        [
            .. from flags in FlagMixes
               from length in Lengths
               from address in Addresses
               select new PackedDescriptor(address, length, 11, flags),
        ];
        foreach (PackedDescriptor only in all)
            Try(victim, $"{only}", only);
        int seed = Seeds.Next();
        var random = new Random(seed);
        for (int i = 0; i < 1500; i++)
        {
            PackedDescriptor first = all[random.Next(all.Length)];
            PackedDescriptor second = all[random.Next(all.Length)];
            Try(victim, $"seed {seed}: {first}, {second}", first with { Flags = first.Flags | PackedFlags.Next }, second);
        }

        victim.AssertSurvived();
    }

    /// <summary>A valid request with one to three of its fields replaced.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Valid_requests_with_a_few_fields_replaced_are_survived(string name)
    {
        using var victim = Victim.Named(name);
        int seed = Seeds.Next();
        var random = new Random(seed);
        for (int i = 0; i < 1500; i++)
        {
            DriverBuffer[] request = victim.Kind.Request(victim.Bus);
            PackedDescriptor[] chain = [.. request.Select((buffer, n) => new PackedDescriptor(
                buffer.Address,
                buffer.Length,
                12,
                (buffer.IsWritable ? PackedFlags.Write : 0) | (n < request.Length - 1 ? PackedFlags.Next : 0)))];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
                Change(random, ref chain[random.Next(chain.Length)]);
            Try(victim, $"seed {seed}, request {i}: {string.Join(", ", chain)}", chain);
            Array.ForEach(request, buffer => victim.Bus.Allocator.Free(buffer.Address, (int)buffer.Length));
        }

        victim.AssertSurvived();
    }

    /// <summary>Tables of random entries.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Random_tables_are_survived(string name)
    {
        using var victim = Victim.Named(name);
        ulong table = victim.Bus.Allocator.Allocate(16 * PackedDescriptor.Size);
        int seed = Seeds.Next();
        var random = new Random(seed);
        for (int i = 0; i < 1500; i++)
        {
            var entries = new PackedDescriptor[random.Next(1, 17)];
            for (int entry = 0; entry < entries.Length; entry++)
            {
                PackedFlags flags = Seeds.Direction(random) | (random.Next(50) == 0 ? PackedFlags.Indirect : 0);
                entries[entry] = new PackedDescriptor(Seeds.Address(random), Seeds.Length(random), 0, flags);
            }

            victim.WriteTable(table, entries);
            Try(victim, $"seed {seed}, table {i}", new PackedDescriptor(table, (uint)entries.Length * 16, 13, PackedFlags.Indirect));
        }

        victim.AssertSurvived();
    }

    private static void Change(Random random, ref PackedDescriptor descriptor) => descriptor = random.Next(4) switch
    {
        0 => descriptor with { Address = Seeds.Address(random) },
        1 => descriptor with { Length = Seeds.Length(random) },
        2 => descriptor with { Flags = descriptor.Flags ^ (PackedFlags)(1 << random.Next(3)) },
        _ => descriptor with { Id = (ushort)Seeds.Value(random) },
    };

    private static void Try(Victim victim, string input, params PackedDescriptor[] chain)
    {
        // The chain ends at the first descriptor without NEXT; those behind it would be another chain.
        int last = Array.FindIndex(chain, descriptor => !descriptor.Flags.HasFlag(PackedFlags.Next));
        PackedDescriptor[] offered = last < 0 ? chain : chain[..(last + 1)];
        victim.Guard();
        foreach (PackedDescriptor descriptor in offered)
            AllowWrites(victim, descriptor);
        try
        {
            if (victim.Send(offered) is null)
                victim.Restart();
            else
                victim.AssertGuarded();
        }
        catch (Exception e)
        {
            Assert.Fail($"{input}: {e.Message}");
        }
    }

    // Allows all writes that a generous reading of the input permits.
    private static void AllowWrites(Victim victim, PackedDescriptor descriptor)
    {
        if (!descriptor.Flags.HasFlag(PackedFlags.Indirect))
        {
            if (descriptor.Flags.HasFlag(PackedFlags.Write))
                victim.AllowWrite(descriptor.Address, descriptor.Length);
            return;
        }

        Span<byte> entry = stackalloc byte[PackedDescriptor.Size];
        for (uint at = 0;
             at < Math.Min(descriptor.Length, 1024 * 16) && victim.Bus.Memory.TryRead(unchecked(descriptor.Address + at), entry);
             at += 16)
        {
            if ((BinaryPrimitives.ReadUInt16LittleEndian(entry[(victim.IsSplit ? 12 : 14)..]) & (ushort)PackedFlags.Write) != 0)
                victim.AllowWrite(BinaryPrimitives.ReadUInt64LittleEndian(entry), BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]));
        }
    }
}
