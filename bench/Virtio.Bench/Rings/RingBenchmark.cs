using System.Diagnostics;
using Virtio.Queues;
using Virtio.Testing;

namespace Virtio.Bench.Rings;

/// <summary>
/// The device's side of a ring alone, on one thread: take a chain of three descriptors, look at each piece, give it back, publish. The driver's side runs
/// between the timed stretches. A sample is a fraction of a millisecond, so that on a busy machine many samples see no other program at all: the least
/// of them is what the code costs.
/// </summary>
internal sealed class RingBenchmark : IDisposable
{
    private const int ChainsPerRound = 256;
    private const int RoundsPerSample = 64;
    private const int WarmUpSamples = 60;
    private const int PieceLength = 16;

    private readonly RingDevice _device = new();
    private readonly TestBus _bus;
    private readonly DriverQueue _driver;
    private readonly DriverBuffer[] _chain;
    private long _seen;

    private RingBenchmark()
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

    internal static void Run(BenchOptions options, Report report)
    {
        int samples = options.Quick ? 200 : 1000;
        foreach (bool indirect in (bool[])[false, true])
        {
            foreach (int batch in (int[])[1, 32])
            {
                using var benchmark = new RingBenchmark();
                string name = $"packed, {(indirect ? "indirect" : "direct")}, chain of 3, batch of {batch}";
                (double[] nanoseconds, double bytes) = benchmark.Measure(indirect, batch, samples);
                report.Add(new Result(Suites.Rings, name, "Virtqueue", "ns/chain", false, nanoseconds));
                report.Add(new Result(Suites.Rings, name, "Virtqueue", "B allocated/chain", false, [bytes]));
            }
        }
    }

    private (double[] Nanoseconds, double Bytes) Measure(bool indirect, int batch, int count)
    {
        // Tiered compilation happens on another thread: give it the time to replace the code before anything counts.
        for (int i = 0; i < WarmUpSamples; i++)
        {
            Sample(indirect, batch);
            Thread.Sleep(5);
        }

        var samples = new double[count];
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < count; i++)
            samples[i] = Sample(indirect, batch);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        return (samples, (double)allocated / ((long)count * RoundsPerSample * ChainsPerRound));
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
