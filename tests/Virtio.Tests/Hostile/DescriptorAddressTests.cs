using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Hostile;

[Collection(Alone.Name)]
public sealed class DescriptorAddressTests
{
    public static TheoryData<string> Names => Victim.Names;

    // Address and length of ranges that are not wholly RAM.
    private static readonly (ulong Address, uint Length)[] Outside =
    [
        (0xffff_ffff_ffff_ff00, 512),
        (ulong.MaxValue, 1),
        (ulong.MaxValue, uint.MaxValue),
        (1UL << 63, 1u << 31),
        (1UL << 32, 64),
        (0, 64),
        (0, uint.MaxValue),
        (Victim.RamStart - 1, 2),
        (Victim.RamEnd - 16, 4096),
        (Victim.RamEnd - 1, 2),
        (Victim.RamEnd, 1),
        (Victim.RamEnd + 0x1000, 64),
        (Victim.RamStart, uint.MaxValue),
        (Victim.RamStart, Victim.RamSize + 1),
        (Victim.BehindHole - 1, 2),
        (Victim.BehindHole + Victim.RamSize - 1, 2),
    ];

    // The victim's own registers, those of a possible neighbouring device, and an interrupt controller's usual address.
    private static readonly ulong[] Devices =
        [
            Victim.Registers,
            Victim.Registers + 0x30,
            Victim.Registers + 0x50,
            Victim.Registers + 0x70,
            Victim.Registers + 0x80,
            Victim.Registers + 0x100,
            Victim.Registers + 0x1050,
            0x0c00_0000,
        ];

    /// <summary>Classes 5 and 6, and number 9 of the first list: any buffer outside RAM.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_buffer_that_wraps_64_bits_or_leaves_RAM_is_given_back_untouched(string name)
    {
        using var victim = Victim.Named(name);
        foreach ((ulong address, uint length) in Outside)
            SendInEveryPlace(victim, address, length);
        victim.AssertSurvived();
    }

    /// <summary>Class 7.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_buffer_aimed_at_device_registers_is_outside_RAM(string name)
    {
        using var victim = Victim.Named(name);
        foreach (ulong address in Devices)
        {
            SendInEveryPlace(victim, address, 4);
            SendInEveryPlace(victim, address, 0x200);
        }

        Assert.Equal(DeviceStatusBits.Running, victim.Driver.Status);
        victim.AssertSurvived();
    }

    /// <summary>Class 19.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Empty_buffers_are_given_back_and_not_spun_on(string name)
    {
        using var victim = Victim.Named(name);
        victim.Guard();
        foreach (ulong address in new ulong[] { 0, Victim.RamStart, ulong.MaxValue })
        {
            foreach (PackedFlags direction in new[] { PackedFlags.None, PackedFlags.Write })
            {
                Assert.Equal(0u, victim.Send(new PackedDescriptor(address, 0, 1, direction))?.Length);
                PackedDescriptor[] many =
                [
                    .. Enumerable.Range(0, victim.Queue.Size)
                        .Select(i => new PackedDescriptor(address, 0, 1, direction | PackedFlags.Next)),
                ];
                many[^1] = many[^1] with { Flags = direction };
                Assert.Equal(0u, victim.Send(many)?.Length);
            }
        }

        victim.AssertSurvived();
    }

    /// <summary>Class 19: an empty buffer before, in, and behind a valid request; for block requests also an empty status.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_request_with_one_empty_buffer_is_given_back_untouched(string name)
    {
        using var victim = Victim.Named(name);
        DriverBuffer[] request = victim.Kind.Request(victim.Bus);
        PackedDescriptor[] chain = [.. request.Select((buffer, i) => new PackedDescriptor(
            buffer.Address,
            buffer.Length,
            4,
            (buffer.IsWritable ? PackedFlags.Write : 0) | (i < request.Length - 1 ? PackedFlags.Next : 0)))];
        victim.Guard();
        for (int i = 0; i < chain.Length; i++)
        {
            PackedDescriptor[] changed = [.. chain];
            changed[i] = changed[i] with { Length = 0 };
            Assert.Equal(0u, victim.Send(changed)?.Length);
            PackedDescriptor empty = chain[i] with { Length = 0, Flags = chain[i].Flags | PackedFlags.Next };
            Assert.Equal(0u, victim.Send([.. chain[..i], empty, .. chain[i..]])?.Length);
        }

        victim.AssertSurvived();
    }

    /// <summary>Class 21: the direction of a chain turns only once.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_readable_buffer_after_a_writable_one_is_given_back_untouched(string name)
    {
        using var victim = Victim.Named(name);
        ulong address = victim.Bus.Allocator.Allocate(64);
        victim.Guard();
        Assert.Equal(0u, victim.Send(
            new PackedDescriptor(address, 16, 1, PackedFlags.Next | PackedFlags.Write),
            new PackedDescriptor(address + 16, 16, 1, PackedFlags.Next),
            new PackedDescriptor(address + 32, 16, 1, PackedFlags.Write))?.Length);
        victim.AssertSurvived();
    }

    /// <summary>Class 17.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_ring_full_of_buffers_of_4_GiB_costs_nothing(string name)
    {
        using var victim = Victim.Named(name);
        victim.Guard();
        foreach (PackedFlags direction in new[] { PackedFlags.None, PackedFlags.Write })
        {
            PackedDescriptor[] chain =
            [
                .. Enumerable.Range(0, victim.Queue.Size)
                    .Select(i => new PackedDescriptor(Victim.RamStart, uint.MaxValue, 1, direction | PackedFlags.Next)),
            ];
            chain[^1] = chain[^1] with { Flags = direction };
            Assert.Equal(0u, victim.Send(chain)?.Length);
        }

        victim.AssertSurvived();
    }

    /// <summary>
    /// Sends the range as the only buffer, as the last and as the first of two, in both directions, directly and in a table. The device
    /// must not write anything, also not before it has checked the whole chain.
    /// </summary>
    private static void SendInEveryPlace(Victim victim, ulong address, uint length)
    {
        ulong good = victim.Bus.Allocator.Allocate(64);
        ulong table = victim.Bus.Allocator.Allocate(2 * PackedDescriptor.Size);
        victim.Guard();
        foreach (PackedFlags direction in new[] { PackedFlags.None, PackedFlags.Write })
        {
            var bad = new PackedDescriptor(address, length, 7, direction);
            var fine = new PackedDescriptor(good, 64, 7, direction);
            Assert.Equal(0u, victim.Send(bad)?.Length);
            Assert.Equal(0u, victim.Send(fine with { Flags = direction | PackedFlags.Next }, bad)?.Length);
            Assert.Equal(0u, victim.Send(bad with { Flags = direction | PackedFlags.Next }, fine)?.Length);
            victim.AssertGuarded();
            victim.WriteTable(table, fine, bad);
            victim.Guard();
            Assert.Equal(0u, victim.Send(new PackedDescriptor(table, 2 * PackedDescriptor.Size, 7, PackedFlags.Indirect))?.Length);
            victim.AssertGuarded();
        }

        victim.Bus.Allocator.Free(good, 64);
        victim.Bus.Allocator.Free(table, 2 * PackedDescriptor.Size);
    }
}
