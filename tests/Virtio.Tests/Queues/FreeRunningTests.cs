using System.Buffers.Binary;
using System.Diagnostics;
using Virtio.Queues;
using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Queues;

/// <summary>
/// Two threads on the same ring that wait for each other only as the protocol requires: batches of any size, kicks and interrupts only
/// where they are not suppressed.
/// </summary>
[Collection(Alone.Name)]
public sealed class FreeRunningTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    private readonly TestBus _bus;
    private readonly SpinningDevice _device;
    private readonly Random _random = new(21);
    private readonly ulong[] _buffers;
    private readonly ulong[] _numbers;
    private readonly Queue<ushort> _order = [];
    private ulong _taken;
    private ulong _offered;
    private long _collected;

    public FreeRunningTests()
    {
        _device = new SpinningDevice(Number) { RingFeatures = VirtioFeatures.RingPacked | VirtioFeatures.EventIndex };
        _bus = new TestBus(_device);
        int size = _device.QueueSizes[0];
        _numbers = new ulong[size];
        _buffers = [.. Enumerable.Range(0, size).Select(_ => _bus.Allocator.Allocate(sizeof(ulong)))];
    }

    public static TheoryData<string> Rings => FenceTests.Rings;

    [Theory]
    [MemberData(nameof(Rings))]
    public void Nothing_is_lost_or_changes_places_between_a_driver_and_a_device_that_run_freely(string ring)
    {
        using (_bus)
        {
            ulong features = (ulong)(RingKind.Named(ring) | VirtioFeatures.Version1);
            Run(_bus.Driver().Start(features).Queue());
        }

        Assert.Equal(_offered, _taken);
        Assert.Equal((long)_offered, _collected);
    }

    private void Run(DriverQueue queue)
    {
        queue.DisableInterrupts();
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < Duration;)
        {
            for (int i = _random.Next(1, 20); i > 0 && TryOffer(queue); i--)
                continue;
            if (queue.Kick())
                _device.Kick();
            Thread.SpinWait(_random.Next(40));
            for (int i = _random.Next(30); i > 0 && TryCollect(queue); i--)
                continue;
            if (_random.Next(3) == 0 || queue.Outstanding == queue.Size)
                Await(queue, leave: _random.Next(queue.Outstanding + 1));
        }

        Await(queue, leave: 0);
    }

    private bool TryOffer(DriverQueue queue)
    {
        if (queue.Outstanding == queue.Size)
            return false;
        ulong buffer = _buffers[_offered % (ulong)_buffers.Length];
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(number, _offered);
        _bus.Memory.TryWrite(buffer, number);
        Assert.True(queue.TryOffer([DriverBuffer.Readable(buffer, sizeof(ulong))], out ushort id));
        _order.Enqueue(id);
        _offered++;
        return true;
    }

    private bool TryCollect(DriverQueue queue)
    {
        if (!queue.TryCollect(out UsedBuffer used))
            return false;
        Assert.Equal(_order.Dequeue(), used.Id);
        _collected++;
        return true;
    }

    /// <summary>
    /// Waits for interrupts, as a driver that sleeps does, until no more than <paramref name="leave"/> chains are in flight.
    /// </summary>
    private void Await(DriverQueue queue, int leave)
    {
        while (queue.Outstanding > leave)
        {
            // Acknowledge before the event index is written: an event that is pending later then came later, or is a late one for which the
            // loop looks in vain.
            _bus.Driver().Acknowledge(InterruptBits.UsedBuffer);
            queue.EnableInterrupts();
            if (TryCollect(queue))
                continue;
            long start = Stopwatch.GetTimestamp();
            while (_bus.Driver().PendingInterrupts == InterruptBits.None)
                Assert.True(
                    Stopwatch.GetElapsedTime(start) < DriverExtensions.Patience,
                    $"a kick or an interrupt was lost after {_collected} chains");
        }

        queue.DisableInterrupts();
    }

    /// <summary>Runs on the device's thread: chains come in the order in which they were offered.</summary>
    private void Number(DescriptorChain chain)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        if (chain.Reader.TryRead(number) && BinaryPrimitives.ReadUInt64LittleEndian(number) == _taken)
            _taken++;
        chain.Complete(0);
    }
}
