using System.Diagnostics;
using Virtio.Memory;
using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Hostile;

/// <summary>Class 23, and number 22 of the first list: a second processor changes what the device is reading, as fast as it can.</summary>
[Collection(Alone.Name)]
public sealed class DoubleFetchTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromMilliseconds(400);

    public static TheoryData<string> Names => Victim.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Descriptors_that_change_while_they_are_read_are_survived(string name)
    {
        using var victim = Victim.Named(name);
        ulong ring = victim.Queue.Areas.Descriptor;
        int size = victim.Queue.Size;
        Run(victim, random => Flip(victim, ring + ((ulong)random.Next(size) * 16), random, flags: true), SendThroughRing);
    }

    /// <summary>Only in a split ring: index and entries of the available ring.</summary>
    [Theory]
    [MemberData(nameof(DeviceKind.Names), MemberType = typeof(DeviceKind))]
    public void An_available_index_that_changes_while_it_is_read_is_survived(string name)
    {
        using var victim = new Victim(DeviceKind.Named(name), split: true);
        ulong available = victim.Queue.Areas.Driver;
        int size = victim.Queue.Size;
        Run(
            victim,
            random => victim.Bus.Memory.TryWrite(
                available + (random.Next(4) > 0 ? 2 : 4 + ((ulong)random.Next(size) * 2)),
                BitConverter.GetBytes((ushort)(random.Next(4) > 0 ? random.Next(size + 2) : random.Next(0x10000)))),
            SendThroughRing);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Table_entries_that_change_while_they_are_read_are_survived(string name)
    {
        using var victim = Victim.Named(name);
        ulong table = victim.Bus.Allocator.Allocate(8 * 16);
        DriverBuffer[] request = victim.Kind.Request(victim.Bus);
        Run(victim, random => Flip(victim, table + ((ulong)random.Next(request.Length) * 16), random, flags: true), _ =>
        {
            victim.WriteTable(
                table,
                [
                    .. request.Select(
                        buffer => new PackedDescriptor(buffer.Address, buffer.Length, 0, buffer.IsWritable ? PackedFlags.Write : 0)),
                ]);
            return victim.Send(new PackedDescriptor(table, (uint)request.Length * 16, 21, PackedFlags.Indirect));
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Request_bytes_that_change_while_they_are_read_are_survived(string name)
    {
        using var victim = Victim.Named(name);
        DriverBuffer[] request = victim.Kind.Request(victim.Bus);
        PackedDescriptor[] chain = [.. request.Select((buffer, i) => new PackedDescriptor(
            buffer.Address,
            buffer.Length,
            22,
            (buffer.IsWritable ? PackedFlags.Write : 0) | (i < request.Length - 1 ? PackedFlags.Next : 0)))];
        Run(victim, random => Flip(victim, request[0].Address, random, flags: false), _ => victim.Send(chain));
    }

    /// <summary>The driver's event index or event suppression structure changes while the device reads it.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void An_event_word_that_changes_while_it_is_read_is_survived(string name)
    {
        using var victim = Victim.Named(name);
        DriverBuffer[] request = victim.Kind.Request(victim.Bus);
        PackedDescriptor[] chain = [.. request.Select((buffer, i) => new PackedDescriptor(
            buffer.Address,
            buffer.Length,
            23,
            (buffer.IsWritable ? PackedFlags.Write : 0) | (i < request.Length - 1 ? PackedFlags.Next : 0)))];
        ulong wish = victim.IsSplit ? victim.Queue.Areas.Driver + 4 + (2 * (ulong)victim.Queue.Size) : victim.Queue.Areas.Driver;
        Run(
            victim,
            random => victim.Bus.Memory.TryWrite(wish, BitConverter.GetBytes(Seeds.Value(random)).AsSpan(0, victim.IsSplit ? 2 : 4)),
            _ => victim.Send(chain));
    }

    private static void Run(Victim victim, Action<Random> flip, Func<Victim, UsedBuffer?> send)
    {
        int seed = Seeds.Next();
        var random = new Random(seed);
        using var flipper = new BackgroundLoop(() => flip(random));
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Duration)
        {
            if (send(victim) is not null)
                continue;

            // The flipping continues, so the new ring may be malformed again before DRIVER_OK has been read back.
            victim.Prepare();
            victim.Driver.Status = DeviceStatusBits.Running;
        }

        flipper.Stop();
        victim.AssertSurvived();
    }

    /// <summary>
    /// Offers chains whose descriptors can have any value when the device reads them. The device completes them, needs a reset, or finds
    /// nothing.
    /// </summary>
    private static UsedBuffer? SendThroughRing(Victim victim)
    {
        for (int i = 0; i < 8; i++)
            victim.Offer(new PackedDescriptor(Victim.RamStart + 0x8000, 64, (ushort)i, i % 2 == 0 ? PackedFlags.None : PackedFlags.Write));
        victim.Driver.Notify((uint)victim.Kind.Queue);

        // Time for the worker to look at some of the chains. The next round starts with a reset in any case.
        Thread.Sleep(1);
        return null;
    }

    private static void Flip(Victim victim, ulong address, Random random, bool flags)
    {
        if (!victim.Bus.Memory.TryGetBuffer(address, 16, out GuestBuffer bytes))
            return;
        Span<byte> field = random.Next(4) switch
        {
            0 => bytes.Span[..8],
            1 => bytes.Span.Slice(8, 4),
            2 => bytes.Span.Slice(12, 2),
            _ => bytes.Span.Slice(14, flags ? 1 : 2),
        };
        BitConverter.GetBytes(random.Next(2) == 0 ? Seeds.Address(random) : Seeds.Length(random)).AsSpan(0, field.Length).CopyTo(field);
    }
}
