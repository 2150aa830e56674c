using System.Diagnostics;
using Virtio.Queues;
using Virtio.Testing;

namespace Virtio.Bench;

/// <summary>
/// The device's side of a ring alone, on one thread: take a chain of three descriptors, look at each piece, give it back, publish. The driver's side runs
/// between the timed stretches.
/// </summary>
internal sealed class RingBenchmark : IDisposable
{
    private const int ChainsPerRound = 64;
    private const int RoundsPerSample = 2_000;
    private const int Samples = 15;
    private const int PieceLength = 16;

    private readonly RingDevice _device = new();
    private readonly TestBus _bus;
    private readonly DriverQueue _driver;
    private readonly DriverBuffer[] _chain;
    private long _seen;

    internal RingBenchmark()
    {
        _bus = new TestBus(_device);
        _driver = _bus.Driver().Start().Queue();
        _driver.DisableInterrupts();
        ulong data = _bus.Place(new byte[3 * PieceLength]);
        _chain =
        [
            DriverBuffer.Readable(data, PieceLength),
            DriverBuffer.Writable(data + PieceLength, PieceLength),
            DriverBuffer.Writable(data + (2 * PieceLength), PieceLength),
        ];
    }

    public void Dispose() => _bus.Dispose();

    internal static IEnumerable<Result> Run()
    {
        foreach (bool indirect in (bool[])[false, true])
        {
            foreach (int batch in (int[])[1, 32])
            {
                using var benchmark = new RingBenchmark();
                (double nanoseconds, double bytes) = benchmark.Measure(indirect, batch);
                string name = $"packed, {(indirect ? "indirect" : "direct")}, chain of 3, batch {batch}";
                yield return new Result("ring", name, nanoseconds, "ns/chain");
                yield return new Result("ring", name, bytes, "B allocated/chain");
            }
        }
    }

    private (double Nanoseconds, double Bytes) Measure(bool indirect, int batch)
    {
        for (int i = 0; i < 5; i++)
            Sample(indirect, batch);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        var samples = new double[Samples];
        long before = GC.GetAllocatedBytesForCurrentThread() - allocated;
        allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Samples; i++)
            samples[i] = Sample(indirect, batch);
        long after = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Array.Sort(samples);
        return (samples[Samples / 2], (double)Math.Max(0, after - before) / ((long)Samples * RoundsPerSample * ChainsPerRound));
    }

    private double Sample(bool indirect, int batch)
    {
        long ticks = 0;
        for (int round = 0; round < RoundsPerSample; round++)
        {
            for (int i = 0; i < ChainsPerRound; i++)
                _driver.TryOffer(_chain, out _, indirect);
            long start = Stopwatch.GetTimestamp();
            Serve(_device.Queue!, batch);
            ticks += Stopwatch.GetTimestamp() - start;
            while (_driver.TryCollect(out _))
            {
            }
        }

        return ticks * 1e9 / Stopwatch.Frequency / ((double)RoundsPerSample * ChainsPerRound);
    }

    private void Serve(Virtqueue queue, int batch)
    {
        int inBatch = 0;
        while (queue.TryDequeue(out DescriptorChain chain))
        {
            while (chain.Reader.TryGetSpan(out ReadOnlySpan<byte> sent))
            {
                _seen += sent.Length;
                chain.Reader.Advance(sent.Length);
            }

            while (chain.Writer.TryGetSpan(out Span<byte> room))
                chain.Writer.Advance(room.Length);
            chain.Complete();
            if (++inBatch == batch)
            {
                queue.Publish();
                inBatch = 0;
            }
        }

        queue.Publish();
    }
}
