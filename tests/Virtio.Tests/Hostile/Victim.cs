using System.Diagnostics;
using Virtio.Memory;
using Virtio.Testing;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Hostile;

/// <summary>
/// A device on a bus of its own that a test attacks. Every hostile input must pass <see cref="AssertSurvived"/>.
/// </summary>
internal sealed class Victim : IDisposable
{
    internal const ulong RamStart = 0x8000_0000;
    internal const int RamSize = 256 << 10;
    internal const ulong RamEnd = RamStart + RamSize;
    internal const ulong BehindHole = RamEnd + 0x1000_0000;
    internal const ulong Registers = 0xd000_0000;

    private const string SplitSuffix = ", split";
    private const int Scratch = 64 << 10;
    private const int MemorySlack = 16 << 20;
    private const int LogLimit = 10;
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(40);

    private readonly CountingLogger _log = new();
    private readonly List<(ulong Address, ulong Length)> _writable = [];
    private readonly long _memoryBefore = GC.GetTotalMemory(forceFullCollection: true);
    private byte[]? _guarded;

    internal Victim(DeviceKind kind, Virtio.Devices.IVirtioDevice? device = null, bool split = false)
    {
        Kind = kind;
        IsSplit = split;
        Bus = new TestBus(
            new TestBusOptions
            {
                MemoryAddress = RamStart,
                MemorySize = RamSize,
                FurtherMemory = [(BehindHole, RamSize)],
                Bus = new MmioBusOptions { Logger = _log },
            },
            device ?? kind.Create());

        // Hostile buffers often point to the start of RAM. Keep the rings out of there, because random data there would be random
        // descriptors.
        Bus.Allocator.Allocate(Scratch);
        Restart();
    }

    /// <summary>Every kind of device with rings of each layout: "block", "block, split".</summary>
    public static TheoryData<string> Names => [.. DeviceKind.Every.SelectMany(kind => new[] { kind.Name, kind.Name + SplitSuffix })];

    internal static Victim Named(string name) =>
        new(
            DeviceKind.Named(name.Replace(SplitSuffix, "", StringComparison.Ordinal)),
            split: name.EndsWith(SplitSuffix, StringComparison.Ordinal));

    internal DeviceKind Kind { get; }

    internal bool IsSplit { get; }

    internal TestBus Bus { get; }

    internal MmioDriver Driver => Bus.Driver();

    internal DriverQueue Queue => Driver.Queue(Kind.Queue);

    internal PackedDriverQueue Packed => Driver.Packed(Kind.Queue);

    internal SplitDriverQueue Split => Driver.Split(Kind.Queue);

    /// <summary>The features that its driver accepts.</summary>
    internal ulong Features => Driver.OfferedFeatures & ~(IsSplit ? (ulong)VirtioFeatures.RingPacked : 0);

    internal bool NeedsReset => Driver.Status.HasFlag(DeviceStatusBits.NeedsReset);

    public void Dispose() => Bus.Dispose();

    internal void Restart() => Driver.Start(Features);

    /// <summary>All steps of a start except DRIVER_OK.</summary>
    internal void Prepare()
    {
        Assert.True(Driver.Negotiate(Features));
        for (int i = 0; i < Driver.QueueCount; i++)
            Driver.SetUpQueue(i);
    }

    /// <summary>Restarts with other features.</summary>
    internal void Restart(ulong features) => Driver.Start(features);

    /// <summary>From now on the first region of RAM may change only in the rings and in the ranges of <see cref="AllowWrite"/>.</summary>
    internal void Guard()
    {
        _writable.Clear();
        for (int i = 0; i < Driver.QueueCount; i++)
        {
            foreach ((ulong address, int length) in Driver.Queue(i).Parts())
                AllowWrite(address, (ulong)length);
        }

        _guarded ??= new byte[RamSize];
        Ram.CopyTo(_guarded);
    }

    internal void AllowWrite(ulong address, ulong length)
    {
        if (address < RamStart || address >= RamEnd)
            return;
        _writable.Add((address, Math.Min(length, RamEnd - address)));
    }

    /// <summary>Offers descriptors, kicks, and waits. Returns the used chain, or null when the device needs a reset.</summary>
    internal UsedBuffer? Send(params ReadOnlySpan<PackedDescriptor> chain)
    {
        DriverQueue queue = Queue;
        Offer(chain);
        Driver.Notify((uint)Kind.Queue);
        long start = Stopwatch.GetTimestamp();
        var spin = default(SpinWait);
        UsedBuffer used;
        while (!queue.TryCollect(out used))
        {
            if (NeedsReset)
                return null;
            Assert.True(
                Stopwatch.GetElapsedTime(start) < DriverExtensions.Patience,
                $"{Kind}: no answer to {chain.Length} descriptors from {chain[0]} on");
            spin.SpinOnce();
        }

        return used;
    }

    /// <summary>Offers descriptors as they are; in a split ring the next field of each names the one behind it.</summary>
    internal void Offer(params ReadOnlySpan<PackedDescriptor> chain)
    {
        if (!IsSplit)
        {
            Packed.OfferRaw(chain);
            return;
        }

        // Clears the descriptor behind the last one, in case the last one has NEXT.
        if (chain.Length < Split.Size)
            Split.WriteDescriptor(chain.Length, default);
        for (int i = 0; i < chain.Length; i++)
            Split.WriteDescriptor(i, new SplitDescriptor(chain[i].Address, chain[i].Length, (SplitFlags)chain[i].Flags, (ushort)(i + 1)));
        Split.OfferRaw(0);
    }

    /// <summary>Writes an indirect table; in a split ring the next field of each entry except the last names the entry behind it.</summary>
    internal void WriteTable(ulong table, params ReadOnlySpan<PackedDescriptor> entries)
    {
        for (int i = 0; i < entries.Length; i++)
        {
            (ulong address, uint length, ushort third, PackedFlags flags) = entries[i];
            ushort fourth = (ushort)flags;
            if (IsSplit)
                (third, fourth) =
                    ((ushort)((flags & ~PackedFlags.Next) | (i < entries.Length - 1 ? PackedFlags.Next : 0)), (ushort)(i + 1));
            Bus.Memory.TryWrite(
                table + ((ulong)i * PackedDescriptor.Size),
                [
                    .. BitConverter.GetBytes(address),
                    .. BitConverter.GetBytes(length),
                    .. BitConverter.GetBytes(third),
                    .. BitConverter.GetBytes(fourth),
                ]);
        }
    }

    /// <summary>Kicks without a new chain, and waits until the worker has looked at the ring and sleeps again.</summary>
    internal void KickAndSettle()
    {
        const uint Untouched = 0xffff_fffc;
        ulong availableEvent = Queue.Areas.Device + 4 + (8 * (ulong)Queue.Size);
        ushort before = IsSplit ? unchecked((ushort)(Split.AvailableEvent + 0x4000)) : (ushort)0;
        if (IsSplit)
            Bus.Memory.TryWrite(availableEvent, BitConverter.GetBytes(before));
        else
            Packed.DeviceEvent = Untouched;
        Driver.Notify((uint)Kind.Queue);
        bool HasLooked() => NeedsReset
            || (IsSplit ? Split.AvailableEvent != before : Packed.DeviceEvent != Untouched && (Packed.DeviceEvent >> 16) != 1);
        Assert.True(SpinWait.SpinUntil(HasLooked, DriverExtensions.Patience), $"{Kind}: the worker does not go back to sleep");
    }

    /// <summary>Checks that memory has changed only where the device may write.</summary>
    internal void AssertGuarded()
    {
        ReadOnlySpan<byte> now = Ram;
        int position = 0;
        foreach ((ulong address, ulong length) in _writable.Order())
        {
            int start = (int)(address - RamStart);
            AssertSame(now, position, start);
            position = Math.Max(position, start + (int)length);
        }

        AssertSame(now, position, RamSize);
    }

    /// <summary>Checks that the device and the host survived the input.</summary>
    internal void AssertSurvived()
    {
        AssertQuiet();
        if (_guarded is not null)
            AssertGuarded();
        _guarded = null;
        AssertOneThreadForEachQueue();
        long start = Stopwatch.GetTimestamp();
        Restart();
        Kind.AssertWorks(Driver);
        Assert.True(
            Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(1),
            $"{Kind}: a reset and a request took {Stopwatch.GetElapsedTime(start)}");
        AssertOneThreadForEachQueue();
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true), 0, _memoryBefore + MemorySlack);
        Assert.True(_log.Lines <= LogLimit, $"{Kind}: {_log.Lines} lines were logged, the last one: {_log.Last}");
    }

    private Span<byte> Ram => Bus.Memory.TryGetBuffer(RamStart, RamSize, out GuestBuffer all) ? all.Span : default;

    // No worker has died, and none of an earlier start is left. A joined thread leaves the system's list of threads a moment later.
    private void AssertOneThreadForEachQueue()
    {
        if (WorkerThreads.CanBeSeen)
            Assert.True(
                SpinWait.SpinUntil(() => WorkerThreads.Count == Driver.QueueCount, DriverExtensions.Patience),
                $"{Kind}: {WorkerThreads.Count} worker threads");
    }

    // A worker may have a little left to do, but must sleep within a second of the last kick.
    private void AssertQuiet()
    {
        TimeSpan used = default;
        for (int window = 0; window < 25; window++)
        {
            TimeSpan before = WorkerThreads.ProcessorTime;
            long start = Stopwatch.GetTimestamp();
            Thread.Sleep(QuietTime);
            used = WorkerThreads.ProcessorTime - before;
            if (used < 0.05 * Stopwatch.GetElapsedTime(start))
                return;
        }

        Assert.Fail($"{Kind}: the workers used {used.TotalMilliseconds} ms of {QuietTime.TotalMilliseconds} without any request");
    }

    private void AssertSame(ReadOnlySpan<byte> now, int start, int end)
    {
        if (start >= end)
            return;
        int same = now[start..end].CommonPrefixLength(_guarded.AsSpan(start, end - start));
        Assert.True(same == end - start, $"{Kind}: guest memory at 0x{RamStart + (ulong)(start + same):x} was written");
    }
}
