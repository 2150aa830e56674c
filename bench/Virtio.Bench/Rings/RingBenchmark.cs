using System.Diagnostics.Metrics;
using Virtio.Bench.Rings.Interop;
using Virtio.Queues;

namespace Virtio.Bench.Rings;

/// <summary>
/// The device's side of a ring alone: take a chain, look at each piece, complete the chain, publish. A C loop does the same work on the
/// same memory; the samples of both alternate.
/// </summary>
internal static class RingBenchmark
{
    private const int WarmUpSamples = 60;

    internal static void Run(BenchOptions options, Report report)
    {
        string? reason = RingLoop.Compile();
        if (reason is not null)
            report.Note(Suites.Rings, reason);
        double allocated = 0;
        foreach (RingCase which in RingCase.All)
            allocated = Math.Max(allocated, Measure(which, options.Quick ? 100 : 1000, report, hasLoop: reason is null));
        MeasureListener(options.Quick ? 100 : 1000, report);
        report.Add(new Result(Suites.Rings, "the most of all of them", "Virtqueue", "B allocated/chain", false, [allocated]));
    }

    /// <summary>Returns the bytes allocated per chain.</summary>
    private static double Measure(RingCase which, int count, Report report, bool hasLoop)
    {
        using var bed = new RingBed(which);
        using var loopBed = new RingBed(which);
        Func<ulong> queue = () => Serve(bed.Queue, which.Batch);
        Func<ulong> loop = Loop(which, loopBed);

        // Tiered compilation runs on another thread: give it time to replace the code before the measurement.
        for (int i = 0; i < WarmUpSamples; i++)
        {
            bed.Sample(queue);
            if (hasLoop)
                loopBed.Sample(loop);
            Thread.Sleep(5);
        }

        double[] samples = new double[count], loopSamples = new double[count];
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < count; i++)
        {
            samples[i] = bed.Sample(queue);
            if (hasLoop)
                loopSamples[i] = loopBed.Sample(loop);
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        double? ratio = hasLoop ? samples.Min() / loopSamples.Min() : null;
        report.Add(new Result(Suites.Rings, which.Name, "Virtqueue", "ns/chain", false, samples, ratio));
        if (hasLoop)
            report.Add(new Result(Suites.Rings, which.Name, Report.Loop, "ns/chain", false, loopSamples));
        return (double)allocated / ((long)count * RingBed.ChainsPerSample);
    }

    /// <summary>Measures the cost of a listener to the counters, and of a listener to the durations of requests as well.</summary>
    private static void MeasureListener(int count, Report report)
    {
        var which = new RingCase(IsPacked: true, IsIndirect: false, Length: 3, Batch: 32);
        (string, Func<Instrument, bool>)[] listeners =
            [("counters", instrument => instrument.IsObservable), ("counters and durations", _ => true)];
        foreach ((string name, Func<Instrument, bool> wanted) in listeners)
        {
            using var bed = new RingBed(which);
            using var listener = new MeterListener();
            listener.InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Scope == bed.Bus.Mmio && wanted(instrument))
                    self.EnableMeasurementEvents(instrument);
            };
            listener.SetMeasurementEventCallback<double>((_, _, _, _) => { });
            listener.Start();
            Func<ulong> serve = () => Serve(bed.Queue, which.Batch);
            for (int i = 0; i < WarmUpSamples; i++)
                bed.Sample(serve);
            double[] samples = [.. Enumerable.Range(0, count).Select(_ => bed.Sample(serve))];
            report.Add(new Result(Suites.Rings, $"{which.Name}, listened to: {name}", "Virtqueue", "ns/chain", false, samples));
        }
    }

    private static Func<ulong> Loop(RingCase which, RingBed bed)
    {
        var ring = new LoopRing(bed.Bus.Memory, bed.Driver.Areas);
        uint batch = (uint)which.Batch;
        return which.IsPacked ? () => RingLoop.ServePacked(ref ring, batch) : () => RingLoop.ServeSplit(ref ring, batch);
    }

    private static ulong Serve(Virtqueue queue, int batch)
    {
        ulong seen = 0;
        int inBatch = 0;
        while (queue.TryDequeue(out DescriptorChain chain))
        {
            while (chain.Reader.TryGetSpan(out ReadOnlySpan<byte> sent))
            {
                seen += (uint)sent.Length;
                chain.Reader.Advance(sent.Length);
            }

            while (chain.Writer.TryGetSpan(out Span<byte> room))
            {
                seen += (uint)room.Length;
                chain.Writer.Advance(room.Length);
            }

            chain.Complete();
            if (++inBatch == batch)
            {
                queue.Publish();
                inBatch = 0;
            }
        }

        queue.Publish();
        return seen;
    }
}
