using Virtio.Testing;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Hostile;

[Collection(Alone.Name)]
public sealed class QueueGeometryTests
{
    private const ulong Ram = Victim.RamStart;

    public static TheoryData<string> Names => Victim.Names;

    /// <summary>Class 8, and numbers 8 and 9 of the first list.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Areas_that_are_not_aligned_RAM_make_no_queue(string name)
    {
        using var victim = Victim.Named(name);
        var good = new QueueAreas((uint)victim.Queue.Size, Ram, Ram + 0x2000, Ram + 0x3000);
        foreach (ulong bad
            in new ulong[]
            {
                0,
                Ram - 16,
                Victim.RamEnd - 8,
                Victim.RamEnd,
                Victim.RamEnd + 0x1000,
                Victim.Registers,
                Victim.Registers + 0x70,
                ulong.MaxValue - 15,
                ulong.MaxValue,
                1UL << 63,
            })
            AssertNotReady(victim, good with { Descriptor = bad });
        foreach (ulong bad
            in new ulong[]
            {
                0,
                Ram - 4,
                Victim.RamEnd - 2,
                Victim.RamEnd,
                Victim.RamEnd + 0x1000,
                Victim.Registers,
                Victim.Registers + 0x70,
                ulong.MaxValue - 3,
                ulong.MaxValue,
                1UL << 63,
            })
        {
            AssertNotReady(victim, good with { Driver = bad });
            AssertNotReady(victim, good with { Device = bad });
        }

        foreach (ulong odd in new ulong[] { 1, 2, 4, 8, 15 })
            AssertNotReady(victim, good with { Descriptor = Ram + odd });
        foreach (ulong odd in new ulong[] { 1, 2, 3 })
        {
            // The available ring of a split ring is aligned to 2; all other areas to 4 or more.
            if (!victim.IsSplit || odd != 2)
                AssertNotReady(victim, good with { Driver = good.Driver + odd });
            AssertNotReady(victim, good with { Device = good.Device + odd });
        }

        victim.Restart();
        victim.AssertSurvived();
    }

    /// <summary>Class 8: areas that overlap.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Areas_that_overlap_make_no_queue(string name)
    {
        using var victim = Victim.Named(name);
        uint size = (uint)victim.Queue.Size;
        ulong end = Ram + (size * PackedDescriptor.Size);
        AssertNotReady(victim, new QueueAreas(size, Ram, Ram, Ram));
        AssertNotReady(victim, new QueueAreas(size, Ram, Ram + 0x3000, Ram));
        AssertNotReady(victim, new QueueAreas(size, Ram, Ram + 0x3000, Ram + 12));
        AssertNotReady(victim, new QueueAreas(size, Ram, Ram + 0x3000, end - 4));
        AssertNotReady(victim, new QueueAreas(size, Ram, end - 4, Ram + 0x3000));
        AssertNotReady(victim, new QueueAreas(size, Ram, Ram + 0x3000, Ram + 0x3000));
        victim.Restart();
        victim.AssertSurvived();
    }

    /// <summary>Class 8: the size of a split ring determines the length of its areas. Tests areas that lack one byte.</summary>
    [Fact]
    public void Split_areas_that_share_a_byte_or_end_behind_RAM_make_no_queue()
    {
        using var victim = new Victim(new ProbeKind(), split: true);
        const uint Size = 16;
        const ulong Table = Size * 16;
        const ulong Available = 6 + (2 * Size);
        const ulong Used = 6 + (8 * Size);
        AssertNotReady(victim, new QueueAreas(Size, Ram, Ram + Table - 2, Ram + 0x3000));
        AssertNotReady(victim, new QueueAreas(Size, Ram, Ram + 0x3000, Ram + 0x3000 + ((Available - 1) & ~3ul)));
        AssertNotReady(victim, new QueueAreas(Size, Ram, Ram + 0x3000 + Used - 2, Ram + 0x3000));
        AssertNotReady(victim, new QueueAreas(Size, Ram, Victim.RamEnd - Available + 2, Ram + 0x3000));
        AssertNotReady(victim, new QueueAreas(Size, Ram, Ram + 0x3000, Victim.RamEnd - Used + 2));
        Negotiate(victim);
        Assert.True(victim.Driver.EnableQueue(0, new QueueAreas(Size, Ram, Ram + Table, Ram + Table + Available + 2)));
        Negotiate(victim);
        Assert.True(victim.Driver.EnableQueue(0, new QueueAreas(Size, Ram, Victim.RamEnd - Available, Ram + 0x3000)));
        victim.Restart();
        victim.AssertSurvived();
    }

    /// <summary>Class 11: a split ring's size is a power of two.</summary>
    [Fact]
    public void Sizes_of_a_split_ring_that_are_no_power_of_two_make_no_queue()
    {
        using var victim = new Victim(new ProbeKind(), split: true);
        for (uint size = 1; size <= (uint)victim.Kind.Create().QueueSizes[0]; size++)
        {
            if (!uint.IsPow2(size))
                AssertNotReady(victim, new QueueAreas(size, Ram, Ram + 0x2000, Ram + 0x3000));
        }

        victim.Restart();
        victim.AssertSurvived();
    }

    [Fact]
    public void Areas_side_by_side_on_one_page_make_a_queue()
    {
        using var victim = new Victim(new ProbeKind());
        Negotiate(victim);
        Assert.True(victim.Driver.EnableQueue(0, new QueueAreas(64, Ram, Ram + 1024, Ram + 1028)));
    }

    /// <summary>Class 11, and numbers 8 and 20 of the first list.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Sizes_beyond_the_maximum_and_0_make_no_queue(string name)
    {
        using var victim = Victim.Named(name);
        foreach (uint size
            in new uint[]
            {
                0,
                (uint)victim.Queue.Size + 1,
                0x8000,
                0x8001,
                0xffff,
                0x10000,
                0x10001,
                0x1000_0000,
                0x8000_0000,
                uint.MaxValue,
            })
            AssertNotReady(victim, new QueueAreas(size, Ram, Ram + 0x2000, Ram + 0x3000));
        victim.Restart();
        victim.AssertSurvived();
    }

    /// <summary>Class 11: nothing about a running queue can be changed.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Geometry_written_to_a_running_queue_is_ignored(string name)
    {
        using var victim = Victim.Named(name);
        foreach (uint value in new uint[] { 0, 1, 3, 0x8000, uint.MaxValue })
        {
            victim.Driver.WriteRegister(MmioRegisters.QueueSelect, (uint)victim.Kind.Queue);
            foreach (int register in new[] { 0x038, 0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4 })
                victim.Driver.WriteRegister(register, value);
            if (value > 1)
                victim.Driver.WriteRegister(MmioRegisters.QueueReady, value);
            victim.Driver.WriteRegister(MmioRegisters.QueueReady, 1);
            for (int i = 0; i < 2 * victim.Queue.Size; i++)
                victim.Kind.AssertWorks(victim.Driver);
        }

        victim.AssertSurvived();
    }

    /// <summary>Class 12, and number 7 of the first list.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Registers_of_queues_that_do_not_exist_read_0_and_ignore_writes(string name)
    {
        using var victim = Victim.Named(name);
        foreach (uint queue in new uint[] { (uint)victim.Driver.QueueCount, 16, 0x7fff_ffff, 0x8000_0000, 0xffff, uint.MaxValue })
        {
            victim.Driver.WriteRegister(MmioRegisters.QueueSelect, queue);
            for (int register = 0x034; register < 0x0ac; register += 4)
            {
                if (register is 0x060 or 0x064 or 0x070)
                    continue;
                Assert.Equal(0u, victim.Driver.ReadRegister(register));
                victim.Driver.WriteRegister(register, 1);
                victim.Driver.WriteRegister(register, uint.MaxValue);
            }

            victim.Driver.Notify(queue);
        }

        for (uint notified = 0; notified < 0x2_0000; notified++)
            victim.Driver.Notify(notified);
        Assert.Equal(DeviceStatusBits.Running, victim.Driver.Status);
        victim.AssertSurvived();
    }

    private static void Negotiate(Victim victim) => Assert.True(victim.Driver.Negotiate(victim.Features));

    /// <summary>
    /// Checks that the queue does not become ready, and that a driver that starts the device all the same loses only its own queue.
    /// </summary>
    private static void AssertNotReady(Victim victim, QueueAreas areas)
    {
        Negotiate(victim);
        Assert.False(victim.Driver.EnableQueue((uint)victim.Kind.Queue, areas), $"{victim.Kind}: {areas} became a queue");
        byte[] before = victim.Bus.Snapshot();
        victim.Driver.SetDriverOk();
        victim.Driver.Notify((uint)victim.Kind.Queue);
        Assert.Equal(DeviceStatusBits.Running, victim.Driver.Status);
        Assert.True(before.AsSpan().SequenceEqual(victim.Bus.Snapshot()), $"{victim.Kind}: memory was written for {areas}");
    }
}
